"""From the inbox over the mail to the page and its button, in a real browser without JavaScript."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import DESKTOP, PHONE
from tests.support.desk import Desk
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e


def test_links_that_open_nothing_say_so(desk: Desk, tab: Any, shoot: Any) -> None:
    page, asked = tab(PHONE), desk.ask()
    page.goto(desk.link(asked) + "x")
    assert page.get_by_role("heading", level=1).inner_text() == "This link cannot be used"
    shoot(page, "forged-360-light")
    page.goto(desk.link(asked, days=-1))
    assert page.get_by_role("heading", level=1).inner_text() == "This link has expired"


@pytest.mark.parametrize("scripts", [False, True], ids=["without scripts", "with scripts"])
def test_enter_in_a_field_decides_nothing(desk: Desk, tab: Any, scripts: bool) -> None:
    asked = desk.ask(shared=True)
    page = tab(DESKTOP, scripts=scripts)
    page.goto(desk.link(asked, "*"))
    page.get_by_label("Reason").fill("thinking")
    page.get_by_label("Reason").press("Enter")
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Your name").press("Enter")
    assert desk.approval(asked.id) == asked
    assert desk.attempts(asked) == []


def test_a_browser_that_only_loads_changes_nothing(desk: Desk, tab: Any) -> None:
    asked = desk.ask()
    before = desk.quiet()
    for scripts in (False, True):
        page = tab(DESKTOP, scripts=scripts)
        page.goto(desk.link(asked), wait_until="networkidle")
        page.mouse.wheel(0, 4000)
        page.keyboard.press("Tab")
    assert desk.ledger() == before


def test_the_keyboard_alone_reaches_reason_and_buttons(desk: Desk, tab: Any) -> None:
    page = tab(DESKTOP)
    page.goto(desk.link(desk.ask()))
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("document.activeElement.textContent || document.activeElement.id")
        )
    assert reached[0] == "Skip to the content"
    assert {"reason"} <= set(reached)
    assert any(words.startswith("Yes, release") for words in reached)


def test_on_a_phone_one_tap_leads_to_the_buttons(desk: Desk, tab: Any) -> None:
    page = tab(PHONE)
    page.goto(desk.link(desk.ask()))
    yes = page.get_by_role("button", name="Yes, release to staging")
    assert yes.bounding_box()["y"] > PHONE["height"]
    page.get_by_role("link", name="Decide").click()
    assert page.url.endswith("#decide")
    wait_until(lambda: 0 < yes.bounding_box()["y"] < PHONE["height"], 20)
