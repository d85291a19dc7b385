"""The check of our pages finds what is wrong with a page."""

from __future__ import annotations

import pytest

from tests.support.html_check import Page

SOUND = (
    '<!doctype html><html lang="en"><head><title>t</title></head><body><main id="main">'
    '<h1>Head</h1><p>Words &amp; <a href="#main">a link</a>.</p><ul><li>one</li></ul>'
    '<form method="post"><label for="why">Why</label><textarea id="why" name="why"></textarea>'
    "<button>Yes</button></form></main></body></html>"
)


def test_a_sound_page_has_no_faults() -> None:
    page = Page(SOUND)
    assert page.faults == []
    assert page.text == "t Head Words & a link . one Why Yes"
    assert page.all("a") == [{"href": "#main"}]


@pytest.mark.parametrize(
    ("good", "broken", "fault"),
    [
        # What the parser finds.
        ("<!doctype html>", "", "expected-doctype"),
        ("<p>Words", "<p><div>Words</div>", "unexpected-end-tag"),
        ("<p>Words", "<p><b>Words", "unexpected-end-tag"),
        ("</p>", "</em></p>", "unexpected-end-tag"),
        ("</textarea>", "", "expected-closing-tag"),
        ('<a href="#main"', '<a href="#main" href="#two"', "duplicate-attribute"),
        ("&amp;", "&nope;", "expected-named-entity"),
        ("<button>Yes", "<button><button>Yes", "unexpected-start-tag-implies-end-tag"),
        ("<ul>", "<table><p>x</p></table><ul>", "table-voodoo"),
        ("Words", "<div/>", "non-void-element-with-trailing-solidus"),
        ("Words", "\x01", "invalid-codepoint"),
        # What the content models say.
        ("<li>one</li>", "<p>one</p>", "<p> in <ul>"),
        ("Head", "<span><ul></ul></span>", "<ul> in <span>"),
        ("a link", "<label>a link</label>", "<label> in another control"),
        ("<main", "<center></center><main", "<center> in <body>"),
        ("<ul>", "<table><tr><td>x</td></tr><caption>c</caption><tfoot></tfoot></table><ul>",
         "<tfoot> in <table>"),
        # What a reader minds.
        ('for="why"', 'for="what"', "points nowhere"),
        ('for="why"', "", "<textarea> has no label"),
        ('id="main"', 'id="why"', "id why twice"),
        ("<h1>Head</h1>", "<h2>Head</h2>", "0 main headings"),
        ("</h1>", "</h1><h3>x</h3>", "heading 1 is followed by heading 3"),
        # What a page must not load or run.
        ("<button", '<button onclick="x()"', "<button onclick>"),
        ("<p>", '<p style="color:red">', "<p style>"),
        ("Words", '<img src="x">', "<img src>"),
        ("#main\">a", 'http://elsewhere.example">a', "link to http://elsewhere.example"),
        ("<h1>", "<script>x()</script><h1>", "<script> in <main>"),
    ],
)  # fmt: skip
def test_a_broken_page_has_the_fault(good: str, broken: str, fault: str) -> None:
    html = SOUND.replace(good, broken, 1)
    assert html != SOUND
    assert any(fault in one for one in Page(html).faults), Page(html).faults


def test_a_mail_may_carry_its_style_and_nothing_else_more() -> None:
    styled = SOUND.replace("<p>", '<p style="margin:0">')
    assert Page(styled, is_mail=True).faults == []
    assert Page(styled.replace("<ul>", '<ul onclick="x">'), is_mail=True).faults == ["<ul onclick>"]
