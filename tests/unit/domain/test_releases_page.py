"""The release page answers: what runs where, what waits for whom, and why is this (not) live."""

from domain.pages.releases import render_releases
from domain.pages.view import Flight, Search, StageNow
from tests.support.html_check import Page
from tests.support.sample_pages import ADA, COMMIT, NOW
from tests.support.sample_releases import releases_view


def test_it_says_what_runs_where() -> None:
    page = Page(render_releases(releases_view()))
    assert "Staging Version 7 churn-staging" in page.text
    assert "Production Version 6 churn-production 1 × ml.m5.large" in page.text
    empty = releases_view(stages=(StageNow("Staging", "churn-staging", None),))
    assert "Staging Nothing churn-staging" in Page(render_releases(empty)).text


def test_it_says_what_waits_for_whom_and_until_when() -> None:
    page = Page(render_releases(releases_view()))
    assert "Waits for a promotion by ada@example.com, for another 47 h." in page.text
    assert "In this state for 18 min." in page.text
    assert "See the evidence and decide" in page.text
    late = Flight(7, "Await Promotion", NOW, "a promotion", (), NOW.replace(year=2025))
    assert "for another 0 s" in Page(render_releases(releases_view(flights=(late,)))).text


def test_each_version_says_why_it_is_or_is_not_in_production() -> None:
    page = Page(render_releases(releases_view()))
    for words in (
        "Waits for review",
        "Not in production: nobody has reviewed it yet.",
        "In production since 14 Nov 2026, promoted by ada@example.com.",
        "Not in production: rejected by bob@example.com",
        "AUC 0.921 · F1 0.765 · 4be1c09d Cap tree depth at five",
        "registered by hand",
        "The story of version 7",
        "Approved for staging Looks right.",
    ):
        assert words in page.text


def test_each_version_has_its_own_picture_of_the_pipeline() -> None:
    html = render_releases(releases_view())
    for version in (6, 7, 8):
        assert f'id="dag-{version}-title"' in html
    assert "NotGoodEnough: not run" in html


def test_a_rollback_needs_a_reason_and_says_what_it_does() -> None:
    page = Page(render_releases(releases_view()))
    assert "Production goes back from version 6 to version 4 within one update" in page.text
    _, form = page.all("form")
    assert form == {
        "method": "post", "action": "/rollback?p=a&e=1&k=1&s=x", "class": "stack",
        "autocomplete": "off",
    }  # fmt: skip
    (reason,) = page.all("textarea")
    assert "required" in reason
    assert [f.get("value") for f in page.all("input") if f["name"] == "version"] == ["4"]


def test_it_leads_back_from_a_commit_or_data_to_the_versions_made_of_it() -> None:
    page = Page(render_releases(releases_view()))
    addresses = {a["title"]: a["href"] for a in page.all("a") if a.get("title")}
    assert addresses[COMMIT.id] == f"/?p=ada%40example.com&e=1&k=1&s=x&made_of={COMMIT.id}"
    assert addresses["9f3e" * 16].endswith(f"&made_of={'9f3e' * 16}")
    assert "4be1c09d Cap tree depth at five · data 9f3e9f3e" in page.text
    search, _ = page.all("form")
    assert (search["method"], search["action"]) == ("get", "/")
    asked = {f["name"]: f.get("value") for f in page.all("input") if f["name"] != "version"}
    assert asked == {"p": ADA, "e": "1", "k": "1", "s": "x", "made_of": ""}


def test_it_says_how_many_versions_were_made_of_what_is_looked_for() -> None:
    for found, words in ((0, "No versions were"), (1, "1 version was"), (21, "21 versions were")):
        search = Search("made_of", {"s": "x"}, "4be1c09d", found)
        versions = releases_view().versions if found else ()
        page = Page(render_releases(releases_view(search=search, versions=versions)))
        assert page.faults == []
        assert f"{words} made of 4be1c09d. Show all versions" in page.text
        assert "/?s=x" in {a["href"] for a in page.all("a")}


def test_an_empty_stack_says_what_will_fill_the_page() -> None:
    nothing = releases_view(stages=(), flights=(), versions=(), rollback=None, search=None)
    page = Page(render_releases(nothing))
    assert "A push to the watched branch trains the first one." in page.text
    assert page.all("form") == []
