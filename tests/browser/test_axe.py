"""axe finds nothing serious on any page, at any size, in light and dark."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from domain.approval import State
from tests.browser.conftest import DESKTOP, PHONE
from tests.support.desk import Desk

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
    page.goto(addresses[name])
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    # Put in from outside, past the page's own policy, which forbids all scripts.
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    serious = [
        (v["id"], v["nodes"][0]["html"])
        for v in found["violations"]
        if v["impact"] in {"serious", "critical"}
    ]
    assert serious == []
