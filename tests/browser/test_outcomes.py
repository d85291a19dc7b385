"""Each outcome of a question, from the inbox over the mail to the page and its button.

On a phone and on a desktop, in light and dark, in a real browser without JavaScript. The pictures
are kept under .slipway/screenshots, to be looked at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters import approvals
from adapters.ledger import Ledger
from domain.approval import Approval, Kind, State
from domain.deciding import expire
from tests.browser.conftest import DESKTOP, PHONE, STICKS_OUT
from tests.support.deployed import ask
from tests.support.desk import ADA, GRACE, Desk
from tests.support.inside import inside
from tests.support.loop import promotion_id
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e
LOOKS = [(PHONE, False), (PHONE, True), (DESKTOP, False), (DESKTOP, True)]
PRESSES = {
    "staging": "Yes, release to staging",
    "production": "Yes, promote to production",
    "no": re.compile("No, reject version"),
}


@dataclass
class Look:
    """A screen, and what a person does on it."""

    page: Any
    name: str
    keep: Callable[[Any, str], None]

    def open(self, desk: Desk, asked: Approval) -> None:
        """From the inbox to the first approver's mail about this version, and by it to the page."""
        self.page.goto(desk.cloud.inbox_url)
        place = "staging" if asked.kind is Kind.REVIEW else "production"
        subject = re.compile(rf"version\s{asked.version} to {place}")
        links = self.page.get_by_role("link", name=subject)
        links.filter(has_text=f"to {ADA}").filter(has_not_text="Re:").first.click()
        button = self.page.frame_locator("iframe").get_by_role(
            "link", name="See the evidence and decide"
        )
        button.wait_for()
        self.shoot(f"mail-{asked.kind.value}")
        button.click()
        self.page.wait_for_url(f"**/approvals/{asked.id}?*")

    def press(self, button: str) -> None:
        """Press one of the page's buttons."""
        self.page.get_by_role("button", name=PRESSES[button]).click()

    def heading(self) -> str:
        """The main heading, with plain blanks."""
        words = self.page.get_by_role("heading", level=1).inner_text()
        return " ".join(words.split())

    def main(self) -> str:
        """What the page says."""
        return " ".join(self.page.inner_text("main").split())

    def shoot(self, name: str) -> None:
        """Keep a picture; nothing may be wider than its card and the screen."""
        assert self.page.evaluate(STICKS_OUT) == []
        self.keep(self.page, f"{name}-{self.name}")


@pytest.fixture(params=LOOKS, ids=["phone-light", "phone-dark", "desktop-light", "desktop-dark"])
def look(request: pytest.FixtureRequest, tab: Any, shoot: Any) -> Look:
    size, dark = request.param
    name = f"{size['width']}-{'dark' if dark else 'light'}"
    return Look(tab(size, dark=dark), name, shoot)


@pytest.fixture(scope="module", autouse=True)
def _staged(desk: Desk) -> None:
    """Before other releases begin, which would end the one that waits for its promotion."""
    assert desk.released.status == "SUCCEEDED"


def shows_the_decision(look: Look, desk: Desk, asked: Approval, words: str) -> None:
    """The same link shows who decided what and when, and decides nothing more."""
    look.page.goto(desk.link(asked))
    decided = desk.approval(asked.id).decisions[-1]
    assert f"{ADA} {words}" in look.main()
    assert f"{decided.at:%d %b %Y, %H:%M} UTC".lstrip("0") in look.main()
    assert look.page.get_by_role("button").count() == 0


def test_from_the_inbox_to_an_approved_and_promoted_version(
    desk: Desk, tab: Any, shoot: Any
) -> None:
    """With a real release in between, whose state machine waits for the second yes."""
    look, asked = Look(tab(PHONE), "360-light", shoot), desk.ask_by_mail()
    look.open(desk, asked)
    look.press("staging")
    release = desk.release(asked.model_package_arn)
    assert len(desk.asked(promotion_id(release))) == 2
    promotion = desk.approval(promotion_id(release))
    look.page.goto(desk.application.release_page)
    assert f"Version {asked.version}" in look.main()
    look.shoot("releases")
    look.open(desk, promotion)
    look.press("production")
    assert look.heading() == f"You approved version {asked.version}"
    assert desk.approval(promotion.id).state is State.APPROVED
    desk.cloud.client("stepfunctions").stop_execution(executionArn=release.arn)


def test_a_yes_to_staging(look: Look, desk: Desk) -> None:
    asked = desk.ask_by_mail()
    look.open(desk, asked)
    assert look.heading() == f"Release version {asked.version} to staging?"
    assert re.search(r"Commit The first model .* When .* UTC .*\d+ files changed", look.main())
    look.shoot("review")
    look.press("staging")
    assert look.heading() == f"You approved version {asked.version}"
    look.shoot("approved")
    assert desk.approval(asked.id).state is State.APPROVED
    shows_the_decision(look, desk, asked, "said yes")
    look.shoot("review-decided")
    wait_until(lambda: desk.status(asked.model_package_arn) == "Approved", 20)


def test_a_no_without_a_reason_comes_back_and_with_one_it_counts(look: Look, desk: Desk) -> None:
    asked = desk.ask_by_mail()
    look.open(desk, asked)
    look.press("no")
    assert "needs a reason" in look.page.get_by_role("alert").inner_text()
    look.shoot("reason-missing")
    assert desk.approval(asked.id) == asked
    look.page.get_by_label("Reason").fill("Worse for new customers")
    look.press("no")
    assert look.heading() == f"You rejected version {asked.version}"
    look.shoot("rejected")
    shows_the_decision(look, desk, asked, "said no “Worse for new customers”")
    look.shoot("review-rejected")
    assert desk.status(asked.model_package_arn) == "Rejected"


@pytest.fixture(scope="module")
def worse(desk: Desk) -> str:
    """Where an evaluation lies that is worse than the version in production."""
    found = desk.sagemaker.describe_model_package(ModelPackageName=desk.first)
    base = found["CustomerMetadataProperties"]["evaluation_uri"]
    bucket, _, prefix = base.removeprefix("s3://").partition("/")
    prefix, s3 = prefix.rstrip("/"), desk.cloud.client("s3")
    for name in ("evaluation.json", "report.json"):
        file = json.loads(s3.get_object(Bucket=bucket, Key=f"{prefix}/{name}")["Body"].read())
        if name == "report.json":
            difference = {"auc": {"value": -0.012, "low": -0.020, "high": -0.004}}
            metrics = {"auc": 0.98, "f1": 0.75}
            file["champion"] = {"version": 1, "metrics": metrics, "differences": difference}
        s3.put_object(Bucket=bucket, Key=f"worse/{name}", Body=json.dumps(file).encode())
    return f"s3://{bucket}/worse"


def test_a_yes_against_the_evidence_needs_a_reason(look: Look, desk: Desk, worse: str) -> None:
    asked = desk.ask_by_mail(Kind.PROMOTION, evaluation_uri=worse)
    look.open(desk, asked)
    assert "The evidence is against it" in look.main()
    look.shoot("against")
    look.press("production")
    assert "a yes against the evidence needs a reason" in look.main().lower()
    look.shoot("against-reason-missing")
    assert desk.approval(asked.id) == asked
    look.page.get_by_label("Reason").fill("Legal wants the old column gone")
    look.press("production")
    assert look.heading() == f"You approved version {asked.version}"
    shows_the_decision(look, desk, asked, "said yes “Legal wants the old column gone”")


def test_a_yes_to_production(look: Look, desk: Desk) -> None:
    asked = desk.ask_by_mail(Kind.PROMOTION)
    look.open(desk, asked)
    assert look.heading() == f"Promote version {asked.version} to production?"
    assert "Passed every staging test" in look.main()
    look.shoot("promotion")
    look.press("production")
    assert look.heading() == f"You approved version {asked.version}"
    look.shoot("promotion-approved")
    assert desk.approval(asked.id).state is State.APPROVED
    shows_the_decision(look, desk, asked, "said yes")


def test_a_no_to_production(look: Look, desk: Desk) -> None:
    asked = desk.ask_by_mail(Kind.PROMOTION)
    look.open(desk, asked)
    look.page.get_by_label("Reason").fill("Not before the holidays")
    look.press("no")
    assert look.heading() == f"You rejected version {asked.version}"
    look.shoot("promotion-rejected")
    shows_the_decision(look, desk, asked, "said no “Not before the holidays”")
    look.shoot("promotion-decided")
    assert desk.status(asked.model_package_arn) == "Rejected"


@pytest.fixture(scope="module")
def expired(desk: Desk) -> Approval:
    """A question that nobody answered in time."""
    asked = desk.ask_by_mail()
    now = datetime.now(UTC)
    desk.put(replace(asked, expires_at=now - timedelta(minutes=1)))
    with inside(desk) as settings:
        approvals.change(Ledger(settings.ledger_table), asked.id, lambda a: expire(a, now))
    assert desk.approval(asked.id).state is State.EXPIRED
    return asked


def test_what_nobody_decided_in_time_has_no_button(
    look: Look, desk: Desk, expired: Approval
) -> None:
    look.open(desk, expired)
    assert "Expired" in look.main()
    assert "Nobody decided before" in look.main()
    assert look.page.get_by_role("button").count() == 0
    look.shoot("expired")


@pytest.fixture(scope="module")
def void(desk: Desk) -> Approval:
    """A question whose version was overtaken."""
    asked, why = desk.ask_by_mail(), "version 99 took its place"
    with inside(desk) as settings:
        approvals.void(Ledger(settings.ledger_table), asked.id, why, datetime.now(UTC))
    return asked


def test_what_was_overtaken_says_by_what_and_has_no_button(
    look: Look, desk: Desk, void: Approval
) -> None:
    look.open(desk, void)
    assert "There is nothing left to decide: version 99 took its place." in look.main()
    assert look.page.get_by_role("button").count() == 0
    look.shoot("void")


def test_a_press_after_somebody_else_s_decision_shows_that_decision(look: Look, desk: Desk) -> None:
    asked = desk.ask_by_mail()
    look.open(desk, asked)
    no = {"decision": "reject", "reason": "It is biased"}
    assert ask("POST", desk.link(asked, GRACE), no)[0] == 200
    look.press("staging")
    assert f"{GRACE} said no “It is biased”" in look.main()
    assert look.page.get_by_role("button").count() == 0
    look.shoot("decided-before")
    # On a phone the first thing below the question, without scrolling.
    said = look.page.get_by_text(f"{GRACE} said no", exact=True)
    assert said.bounding_box()["y"] < PHONE["height"]
    assert [one.person for one in desk.approval(asked.id).decisions] == [GRACE]
