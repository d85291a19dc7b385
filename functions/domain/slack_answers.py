"""What Slack sends to `POST /slack/actions`: a pressed button, or a modal that was sent."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from domain.approval import Verdict
from domain.slack import DECIDE

_VERDICTS = {"slipway_approve": Verdict.APPROVE, "slipway_reject": Verdict.REJECT}
_LONGEST_BODY = 256 * 1024


class SlackAnswerError(Exception):
    """Signed by Slack, but not an answer to anything that we asked."""


@dataclass(frozen=True)
class Pressed:
    """A button: `trigger_id` opens the modal within 3 s; `response_url` replaces the message."""

    approval_id: str
    verdict: Verdict
    user_id: str
    trigger_id: str
    response_url: str


@dataclass(frozen=True)
class Submitted:
    """The modal: a decision with its reason; `reply_to` is the message to replace."""

    approval_id: str
    verdict: Verdict
    user_id: str
    reason: str
    reply_to: str


def parse_answer(body: bytes) -> Pressed | Submitted | None:
    """The answer in a form body whose signature was verified; None for what needs no answer.

    A press of the link button needs none. Raises SlackAnswerError.
    """
    if len(body) > _LONGEST_BODY:
        raise SlackAnswerError("the body is too long")
    try:
        fields = parse_qs(body.decode(), strict_parsing=True)
        payload = json.loads(fields["payload"][0])
        kind = payload["type"]
        if kind == "block_actions":
            return _pressed(payload)
        return _submitted(payload) if kind == "view_submission" else None
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise SlackAnswerError("the payload is not one of ours") from error


def _pressed(payload: Mapping[str, Any]) -> Pressed | None:
    action = payload["actions"][0]
    verdict = _VERDICTS.get(action["action_id"])
    if verdict is None:
        return None
    return Pressed(
        approval_id=_text(action["value"]),
        verdict=verdict,
        user_id=_text(payload["user"]["id"]),
        trigger_id=_text(payload["trigger_id"]),
        response_url=_text(payload.get("response_url", "")),
    )


def _submitted(payload: Mapping[str, Any]) -> Submitted | None:
    view = payload["view"]
    if view["callback_id"] != DECIDE:
        return None
    approval_id, verdict, reply_to = view["private_metadata"].split("\n", 2)
    reason = view["state"]["values"]["reason"]["reason"]["value"]
    return Submitted(
        approval_id=approval_id,
        verdict=Verdict(verdict),
        user_id=_text(payload["user"]["id"]),
        reason=_text(reason or ""),
        reply_to=reply_to,
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a text is expected")
    return value
