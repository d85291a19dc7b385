"""Every page in every state: valid, self-contained, read aloud well, safe from its own texts."""

import dataclasses
import time
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.pages.approval import render_approval
from domain.pages.markup import Safe, link, tag
from domain.pages.releases import render_releases
from tests.support.html_check import Page
from tests.support.sample_gallery import FAILED, GALLERY, PAGES
from tests.support.sample_pages import evidence, promotion_view, review_view
from tests.support.sample_releases import releases_view

EVIL = """"'><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}</style>&lt;\u202e\x00"""


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_valid_and_needs_nothing_from_outside(name: str) -> None:
    page = Page(GALLERY[name]())
    assert page.faults == []
    assert not page.all("script")
    assert page.all("html")[0]["lang"] == "en"
    assert [a["href"] for a in page.all("a") if a.get("class") == "skip"] == ["#main"]


@pytest.mark.parametrize("name", PAGES)
def test_a_picture_is_announced_and_described(name: str) -> None:
    for svg in Page(GALLERY[name]()).all("svg"):
        assert svg.get("aria-hidden") == "true" or (
            svg["role"] == "img" and svg.get("aria-labelledby")
        )


@pytest.mark.parametrize("name", PAGES)
def test_a_form_posts_or_looks_for_versions_and_its_first_button_does_nothing(name: str) -> None:
    page = Page(GALLERY[name]())
    for form in page.all("form"):
        assert form["method"] == "post" or (form["method"], form["action"]) == ("get", "/")
    if any(button.get("name") == "decision" for button in page.all("button")):
        # A browser presses a form's first button when Enter is pressed in a field.
        assert "disabled" in page.all("button")[0]


def poisoned(value: Any, evil: str) -> Any:
    """The same value with a hostile text in place of every text."""
    if isinstance(value, Enum | datetime | bool):
        return value
    if isinstance(value, str):
        return evil
    if isinstance(value, tuple):
        return tuple(poisoned(one, evil) for one in value)
    if isinstance(value, Mapping):
        return {f"{key}{evil}": poisoned(one, evil) for key, one in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        return dataclasses.replace(value, **{k: poisoned(v, evil) for k, v in fields.items()})
    return value


@pytest.mark.parametrize("render", ["review", "promotion", "failed", "releases"])
def test_no_text_of_a_stranger_becomes_markup(render: str) -> None:
    views: dict[str, Any] = {
        "review": review_view(problem="x", typed={"name": "n", "reason": "r"}),
        "promotion": promotion_view(),
        "failed": promotion_view(evidence=evidence(staging=FAILED)),
        "releases": releases_view(problem="x"),
    }
    view = poisoned(views[render], EVIL)
    html = render_releases(view) if render == "releases" else render_approval(view)
    page = Page(html)
    assert page.faults == []
    assert "<script" not in html
    assert "\u202e" not in html
    assert "alert(1)" in page.text


@settings(max_examples=30, deadline=None)
@given(evil=st.text(max_size=40))
def test_no_text_whatever_breaks_a_page(evil: str) -> None:
    view = promotion_view(commit=poisoned(promotion_view().commit, evil))
    assert Page(render_approval(view)).faults == []


@settings(max_examples=100, deadline=None)
@given(words=st.text(alphabet=st.sampled_from("<>&\"'`=/ \n\x00axs:"), max_size=30))
def test_text_comes_back_from_markup_as_it_went_in(words: str) -> None:
    html = tag("p", words, title=words)
    reader = Page(f"<h1></h1>{html}")
    shown = words.replace("\x00", "")
    assert "".join(reader.words) == shown
    assert reader.all("p")[0]["title"] == shown


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "data:text/html,x", "http://x.example", "//x.example", "JAVASCRIPT:x"],
)
def test_only_https_and_places_on_this_site_are_linked(address: str) -> None:
    assert link("words", address) == "words"
    assert isinstance(link("words", "https://x.example"), Safe)


def test_a_page_renders_in_a_few_milliseconds() -> None:
    view = promotion_view()
    render_approval(view)
    started = time.perf_counter()
    for _ in range(5):
        render_approval(view)
    assert (time.perf_counter() - started) / 5 < 0.15
