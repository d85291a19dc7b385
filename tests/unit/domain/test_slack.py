"""Slack: only what Slack signed counts, and what we send is within Slack's limits."""

import json
import random
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.approval import Kind, Verdict
from domain.deciding import decide, void
from domain.pages.view import ApprovalView
from domain.people import Person
from domain.slack import (
    SlackSignatureError,
    approval_message,
    notice_modal,
    outcome_message,
    reason_modal,
    verify_request,
)
from domain.slack_answers import Pressed, SlackAnswerError, Submitted, parse_answer
from localcloud.slack.block_kit import faults
from tests.support.sample_gallery import WORSE
from tests.support.sample_pages import ADA, NOW, approval, evidence, promotion_view, review_view

EVENTS = Path(__file__).resolve().parents[2] / "events"
VECTOR = json.loads((EVENTS / "slack-signature-vector.json").read_text(encoding="utf-8"))
SENT = datetime.fromtimestamp(int(VECTOR["timestamp"]), UTC)
URL = "https://slipway.example/approvals/apr-7f3?p=%2A&e=1&k=1&s=abc"


def check(**changed: Any) -> None:
    given_ = {
        "secret": VECTOR["signing_secret"],
        "timestamp": VECTOR["timestamp"],
        "body": VECTOR["body"].encode(),
        "signature": VECTOR["signature"],
        "now": SENT,
    }
    verify_request(**{**given_, **changed})


def test_slack_s_own_vector_holds() -> None:
    check()


@pytest.mark.parametrize(
    "changed",
    [
        {"secret": ""},
        {"secret": VECTOR["signing_secret"] + "x"},
        {"timestamp": str(int(VECTOR["timestamp"]) + 1)},
        {"timestamp": ""},
        {"signature": ""},
        {"signature": VECTOR["signature"].upper()},
        {"signature": VECTOR["signature"].removeprefix("v0=")},
        {"signature": "ü"},
        {"now": datetime.fromtimestamp(int(VECTOR["timestamp"]) + 301, UTC)},
        {"now": datetime.fromtimestamp(int(VECTOR["timestamp"]) - 301, UTC)},
    ],
)
def test_anything_else_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(SlackSignatureError):
        check(**changed)


def test_ten_thousand_tampered_bodies_are_all_refused() -> None:
    chance, body = random.Random(7), VECTOR["body"].encode()
    for _ in range(10_000):
        at = chance.randrange(len(body))
        changed = body[:at] + bytes([body[at] ^ chance.randrange(1, 256)]) + body[at + 1 :]
        with pytest.raises(SlackSignatureError):
            check(body=changed)


def messages(view: ApprovalView) -> list[dict[str, Any]]:
    gone = void(approval(Kind.REVIEW), view.project, NOW)
    return [
        approval_message(view, URL),
        approval_message(view, URL, buttons=True),
        outcome_message(view, URL),
        outcome_message(replace(view, approval=gone)),
        reason_modal(view, Verdict.APPROVE),
        reason_modal(view, Verdict.REJECT, reply_to="https://hooks.slack.example/x"),
    ]


def test_what_we_send_is_within_slack_s_limits() -> None:
    for message in [*messages(promotion_view()), *messages(review_view())]:
        assert faults(message) == []


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=5000))
def test_no_text_however_long_makes_slack_refuse_a_message(text: str) -> None:
    view = promotion_view()
    assert view.commit
    view = replace(view, project=f"p{text}", commit=replace(view.commit, message=text))
    for message in messages(view):
        assert faults(message) == []


def test_a_message_carries_the_figures_and_needs_a_press_to_act() -> None:
    message = approval_message(promotion_view(), URL)
    text = json.dumps(message, ensure_ascii=False)
    for words in ("beats version 6 by 0.012 AUC", "*AUC*", "+$84", "replaces version 6"):
        assert words in text
    (button,) = message["blocks"][-2]["elements"]
    assert (button["url"], button["action_id"]) == (URL, "slipway_open")


def test_buttons_name_the_approval_and_nothing_secret() -> None:
    message = approval_message(promotion_view(), URL, buttons=True)
    yes, no, _ = message["blocks"][-2]["elements"]
    assert (yes["action_id"], yes["value"]) == ("slipway_approve", "apr-7f3")
    assert (no["action_id"], no["value"]) == ("slipway_reject", "apr-7f3")


def test_a_modal_asks_for_a_reason_where_one_is_needed() -> None:
    assert reason_modal(promotion_view(), Verdict.APPROVE)["blocks"][1]["optional"] is True
    assert reason_modal(promotion_view(), Verdict.REJECT)["blocks"][1]["optional"] is False
    against = replace(approval(Kind.PROMOTION), reason_for_yes=True)
    worse = promotion_view(evidence=evidence(report=WORSE), approval=against)
    assert reason_modal(worse, Verdict.APPROVE)["blocks"][1]["optional"] is False


def test_a_button_pressed_too_late_shows_who_decided() -> None:
    asked = approval(Kind.PROMOTION)
    done = decide(asked, Person(ADA), Verdict.REJECT, "worse", NOW)
    modal = notice_modal(done)
    assert faults(modal) == []
    assert "submit" not in modal
    assert "said no" in modal["blocks"][0]["text"]["text"]


def test_the_outcome_says_who_decided_what() -> None:
    done = decide(approval(Kind.PROMOTION), Person(ADA), Verdict.REJECT, "<!channel> no", NOW)
    text = json.dumps(outcome_message(promotion_view(approval=done)), ensure_ascii=False)
    assert "ada@example.com said no, 23 Nov 2026, 09:00 UTC — “&lt;!channel&gt; no”" in text


def payload(**content: Any) -> bytes:
    return urlencode({"payload": json.dumps({"user": {"id": "U1"}, **content})}).encode()


def test_a_pressed_button_is_read() -> None:
    press = {"action_id": "slipway_approve", "value": "apr-7f3"}
    body = payload(type="block_actions", actions=[press], trigger_id="t", response_url="https://r")
    found = parse_answer(body)
    assert found == Pressed("apr-7f3", Verdict.APPROVE, "U1", "t", "https://r")
    opened = {"action_id": "slipway_open"}
    assert parse_answer(payload(type="block_actions", actions=[opened])) is None


def test_a_sent_modal_is_read_with_its_reason() -> None:
    modal = reason_modal(promotion_view(), Verdict.REJECT, reply_to="https://r")
    values = {"reason": {"reason": {"type": "plain_text_input", "value": "too slow"}}}
    view = {**modal, "state": {"values": values}}
    found = parse_answer(payload(type="view_submission", view=view))
    assert found == Submitted("apr-7f3", Verdict.REJECT, "U1", "too slow", "https://r")
    values["reason"]["reason"]["value"] = None  # type: ignore[assignment]
    again = parse_answer(payload(type="view_submission", view=view))
    assert isinstance(again, Submitted)
    assert again.reason == ""


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"payload=",
        b"payload=[]",
        b"payload=null",
        b"other=1",
        payload(type="block_actions", actions=[]),
        payload(type="block_actions", actions=[{"action_id": "slipway_approve", "value": 7}]),
        payload(type="view_submission", view={"callback_id": "slipway_decide"}),
        b"payload=" + b"[" * 300_000,
    ],
)
def test_a_payload_of_another_shape_is_refused(body: bytes) -> None:
    with pytest.raises(SlackAnswerError):
        parse_answer(body)


def test_a_reason_turns_no_words_of_a_message_around() -> None:
    said = decide(approval(Kind.REVIEW), Person(ADA), Verdict.REJECT, "no \u202esey\x07", NOW)
    shown = json.dumps(outcome_message(review_view(approval=said)), ensure_ascii=False)

    assert "no sey" in shown
    assert not set(shown) & set("\u202e\x07")
