"""Slack's buttons on a deployed stack, pressed in the local Slack."""

from __future__ import annotations

import json
import re
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from domain.approval import Approval, State
from localcloud.slack import people
from localcloud.slack.connecting import connect, connect_webhook, disconnect
from tests.support.desk import ADA, Desk
from tests.support.loop import review_id
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e


@pytest.fixture
def slack(desk: Desk) -> Iterator[Desk]:
    connect(desk.cloud, desk.outputs["SlackSecretArn"])
    yield desk
    disconnect(desk.cloud, desk.outputs["SlackSecretArn"])


def asked_in_slack(desk: Desk) -> tuple[Approval, str]:
    """Open a review as the product does, so that it posts; the approval and its message's page."""
    arn = desk.new_version()
    wait_until(lambda: arn in desk.invoke("ReconcileFunction", {})["versions"], 30)
    asked = desk.approval(review_id(arn))
    return asked, message_of(desk, asked)


def message_of(desk: Desk, asked: Approval) -> str:
    posted = [m for m in desk.mails(asked.id) if m["kind"] == "slack"]
    (found,) = re.findall(r"As Slack shows it: (\S+)", posted[-1]["text"])
    return str(found)


def as_person(url: str, user: str, **form: str) -> str:
    body = urlencode({"user": user, **form}).encode()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(urllib.request.Request(url, body), timeout=30) as answer:
        return str(answer.read().decode())


def pressed(asked: Approval, verdict: str = "approve") -> dict[str, Any]:
    return {
        "type": "view_submission",
        "user": {"id": "U0ADA"},
        "view": {
            "callback_id": "slipway_decide",
            "private_metadata": f"{asked.id}\n{verdict}\n",
            "state": {"values": {"reason": {"reason": {"value": "because"}}}},
        },
    }


def test_a_no_in_slack_needs_a_reason_and_replaces_the_message(slack: Desk) -> None:
    asked, url = asked_in_slack(slack)
    dialog = as_person(url, "U0ADA", action="slipway_reject")
    assert 'role="dialog"' in dialog
    assert "a no needs a reason" in as_person(url, "U0ADA", reason="").lower()
    as_person(url, "U0ADA", reason="Worse for new customers")
    after = slack.approval(asked.id)
    assert after.state is State.REJECTED
    assert [(d.person, d.reason, d.via) for d in after.decisions] == [
        (ADA, "Worse for new customers", "slack")
    ]
    assert slack.status(asked.model_package_arn) == "Rejected"

    def replaced() -> bool:
        return "Worse for new customers" in as_person(url, "U0ADA")

    wait_until(replaced, 30)
    assert "slipway_approve" not in as_person(url, "U0ADA")


def test_who_is_no_approver_is_told_so_in_the_dialog(slack: Desk) -> None:
    slack.new_minute()
    asked, url = asked_in_slack(slack)
    as_person(url, "U0EVE", action="slipway_approve")
    assert "may not decide this" in as_person(url, "U0EVE", reason="let me")
    assert slack.approval(asked.id).is_pending
    assert [a["detail"]["who"] for a in slack.attempts(asked)] == ["eve@example.com"]


def test_the_committer_cannot_say_yes_in_slack_under_four_eyes_but_can_say_no(slack: Desk) -> None:
    slack.new_minute()
    asked, url = asked_in_slack(slack)
    slack.put(replace(asked, committer=ADA, four_eyes=True))
    as_person(url, "U0ADA", action="slipway_approve")
    assert "committer" in as_person(url, "U0ADA", reason="My own work")
    assert slack.approval(asked.id).is_pending
    assert [a["detail"]["who"] for a in slack.attempts(asked)] == [ADA]
    as_person(url, "U0ADA", action="slipway_reject")
    as_person(url, "U0ADA", reason="I was wrong")
    assert slack.approval(asked.id).state is State.REJECTED


def test_a_tampered_or_old_signature_does_nothing(slack: Desk) -> None:
    asked, _ = asked_in_slack(slack)
    before = slack.quiet()
    url = slack.outputs["SlackActionsUrl"]
    stale = str(int(time.time()) - 600)
    signed = f"v0={'0' * 64}"
    assert people.deliver(url, pressed(asked), x_slack_signature=signed)[0] == 401
    assert people.deliver(url, pressed(asked), x_slack_request_timestamp=stale)[0] == 401
    assert slack.ledger() == before
    disconnect(slack.cloud, slack.outputs["SlackSecretArn"])
    assert people.deliver(url, pressed(asked))[0] == 401
    assert slack.ledger() == before


def test_a_webhook_alone_gets_a_link_that_only_shows(desk: Desk) -> None:
    connect_webhook(desk.cloud, desk.outputs["SlackSecretArn"])
    try:
        asked, url = asked_in_slack(desk)
    finally:
        disconnect(desk.cloud, desk.outputs["SlackSecretArn"])
    page = as_person(url, "U0ADA")
    assert "slipway_approve" not in page
    (link,) = re.findall(r'href="([^"]+/approvals/[^"]+)"', page)
    assert asked.id in link


def test_approve_in_slack_starts_the_release(slack: Desk) -> None:
    asked, url = asked_in_slack(slack)
    as_person(url, "U0ADA", action="slipway_approve")
    as_person(url, "U0ADA", reason="Good figures")
    assert slack.approval(asked.id).state is State.APPROVED
    release = slack.release(asked.model_package_arn)
    assert json.loads(json.dumps(release.input))["model_package_arn"] == asked.model_package_arn
    slack.cloud.client("stepfunctions").stop_execution(executionArn=release.arn)
