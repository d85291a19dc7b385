"""From the inbox over the mail to the page and its button, in a real browser without JavaScript."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.approval import Approval, State
from tests.browser.conftest import DESKTOP, PHONE
from tests.support.desk import GRACE, Desk
from tests.support.loop import promotion_id, review_id
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_no_without_a_reason_comes_back_and_with_one_it_counts(
    desk: Desk, tab: Any, shoot: Any, size: dict[str, int], dark: bool
) -> None:
    asked, page = desk.ask(), tab(size, dark=dark)
    name = f"{size['width']}-{'dark' if dark else 'light'}"
    page.goto(desk.link(asked))
    assert page.title().startswith(f"Release version\N{NO-BREAK SPACE}{asked.version} to staging?")
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    shoot(page, f"review-{name}")
    page.get_by_role("button", name="No, reject").click()
    assert "needs a reason" in page.get_by_role("alert").inner_text()
    shoot(page, f"reason-missing-{name}")
    page.get_by_label("Reason").fill("Worse for new customers")
    page.get_by_role("button", name="No, reject").click()
    assert (
        page.get_by_role("heading", level=1).inner_text() == f"You rejected version {asked.version}"
    )
    shoot(page, f"rejected-{name}")
    page.goto(desk.link(asked, GRACE))
    assert page.get_by_role("button").count() == 0
    assert "Worse for new customers" in page.inner_text("main")
    shoot(page, f"decided-{name}")


def ended(desk: Desk, state: State) -> Approval:
    now = datetime.now(UTC)
    why = "version 9 took its place" if state is State.VOID else ""
    return desk.ask(state=state, ended_at=now, why=why, expires_at=now - timedelta(minutes=1))


@pytest.mark.parametrize(
    ("state", "words"),
    [(State.EXPIRED, "Nobody decided before"), (State.VOID, "version 9 took its place")],
)
def test_what_has_ended_says_why_and_has_no_button(
    desk: Desk, tab: Any, shoot: Any, state: State, words: str
) -> None:
    page = tab(PHONE)
    page.goto(desk.link(ended(desk, state)))
    assert words in page.inner_text("main")
    assert page.get_by_role("button").count() == 0
    shoot(page, f"{state.value}-360-light")


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


def test_from_the_inbox_to_an_approved_and_promoted_version(
    desk: Desk, tab: Any, shoot: Any
) -> None:
    page = tab(PHONE)
    page.goto(desk.cloud.inbox_url)
    shoot(page, "inbox-360-light")
    page.get_by_role("link", name="Release version").last.click()
    button = page.frame_locator("iframe").get_by_role("link", name="See the evidence and decide")
    button.wait_for()
    shoot(page, "mail-360-light")
    button.click()
    page.wait_for_url("**/approvals/**")
    page.get_by_role("button", name="Yes, release to staging").click()
    assert page.get_by_role("heading", level=1).inner_text() == "You approved version 1"
    shoot(page, "approved-360-light")
    assert desk.approval(review_id(desk.first)).state is State.APPROVED
    release = desk.release(desk.first)
    wait_until(lambda: desk.status(desk.first) == "Approved", 20)
    page.goto(desk.application.release_page)
    assert "Version 1" in page.inner_text("main")
    shoot(page, "releases-360-light")
    page.goto(desk.asked(promotion_id(release))[0])
    shoot(page, "promotion-360-light")
    page.get_by_role("button", name="Yes, promote to production").click()
    assert page.get_by_role("heading", level=1).inner_text() == "You approved version 1"
    assert desk.approval(promotion_id(release)).state is State.APPROVED
    desk.cloud.client("stepfunctions").stop_execution(executionArn=release.arn)


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_yes_is_one_press_and_says_who_said_it(
    desk: Desk, tab: Any, shoot: Any, size: dict[str, int], dark: bool
) -> None:
    asked, page = desk.ask(), tab(size, dark=dark)
    page.goto(desk.link(asked, GRACE))
    page.get_by_role("button", name="Yes, release to staging").click()
    heading = page.get_by_role("heading", level=1).inner_text()
    assert heading == f"You approved version {asked.version}"
    shoot(page, f"approved-{size['width']}-{'dark' if dark else 'light'}")
    assert [one.person for one in desk.approval(asked.id).decisions] == [GRACE]
    desk.quiet()
