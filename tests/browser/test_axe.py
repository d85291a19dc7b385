"""axe finds nothing serious on any page, at any size, in light and dark."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from domain.approval import State
from tests.browser.conftest import DESKTOP, PHONE, STICKS_OUT
from tests.support.desk import Desk
from tests.support.html_check import Page
from tests.support.sample_gallery import GALLERY

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def axe() -> str:
    """axe-core's script, as the package brings it."""
    package = pytest.importorskip("axe_playwright_python", reason="axe is not installed")
    (script,) = Path(package.__file__).parent.rglob("axe.min.js")
    return script.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def addresses(desk: Desk) -> dict[str, str]:
    """One page of each kind."""
    asked = desk.ask()
    shared = desk.ask(shared=True)
    void = desk.ask(state=State.VOID, why="version 9 took its place")
    return {
        "review": desk.link(asked),
        "shared": desk.link(shared, "*"),
        "void": desk.link(void),
        "forged": desk.link(asked) + "x",
        "expired": desk.link(asked, days=-1),
        "releases": desk.application.release_page,
        "inbox": desk.cloud.inbox_url,
    }


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(
    "name", ["review", "shared", "void", "forged", "expired", "releases", "inbox"]
)
def test_axe_finds_nothing_serious(
    tab: Any, axe: str, addresses: dict[str, str], name: str, size: dict[str, int], dark: bool
) -> None:
    page = tab(size, dark=dark, scripts=True)
    answer = page.goto(addresses[name])
    if name != "inbox":  # which is no page of the product and shows mails in frames
        assert Page(answer.text()).faults == []
    assert serious(page, axe) == []


STATES = (
    "promotion", "committer", "failed", "worse", "bare", "decided", "counted", "not-allowed",
    "releases-open", "mail-asked", "mail-settled", "mail-pipeline-failed",
)  # fmt: skip


@pytest.mark.parametrize(
    ("size", "dark"), [(PHONE, True), (DESKTOP, False)], ids=["phone-dark", "desktop-light"]
)
@pytest.mark.parametrize("name", STATES)
def test_axe_finds_nothing_serious_in_any_state_and_nothing_is_wider_than_the_screen(
    tab: Any, axe: str, shoot: Any, name: str, size: dict[str, int], dark: bool
) -> None:
    """States that a live stack takes long to reach, as the pages' own functions render them."""
    page = tab(size, dark=dark, scripts=True)
    page.set_content(GALLERY[name]())
    shoot(page, f"{name}-{size['width']}-{'dark' if dark else 'light'}")
    assert serious(page, axe) == []
    assert page.evaluate(STICKS_OUT) == []


def serious(page: Any, axe: str) -> list[tuple[str, str]]:
    """What axe finds with everything unfolded."""
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    # Put in from outside, past the page's own policy, which forbids all scripts.
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        (v["id"], v["nodes"][0]["html"])
        for v in found["violations"]
        if v["impact"] in {"serious", "critical"}
    ]
