"""Slack: messages in Block Kit, and requests that only Slack can have sent.

Every text is cut to Slack's limits here, because Slack refuses a whole message for one long field.
Limits: https://docs.slack.dev/reference/block-kit/blocks and …/views.
"""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from domain.approval import Approval, State, Verdict
from domain.figures import moment
from domain.mail_rows import Row
from domain.mails import figure_rows
from domain.pages.approval import on_no, on_yes, question
from domain.pages.decision import yes_words
from domain.pages.view import ApprovalView
from domain.plain import plain
from domain.verdict import judge

Json = dict[str, Any]

HEADER, SECTION, FIELD, BUTTON, TITLE, VALUE, INPUT = 150, 3000, 2000, 75, 24, 2000, 1000
TOLERANCE_SECONDS = 300
DECIDE = "slipway_decide"
"""`callback_id` of the modal; buttons have `slipway_approve` and `slipway_reject`."""


class SlackSignatureError(Exception):
    """The request was not signed by Slack with our secret, or it is a replay of an old one."""


def verify_request(secret: str, timestamp: str, body: bytes, signature: str, now: datetime) -> None:
    """Return only if Slack signed `body` within the last five minutes.

    `timestamp` and `signature` are the headers X-Slack-Request-Timestamp and X-Slack-Signature.
    Raises SlackSignatureError.
    """
    if not secret:
        raise SlackSignatureError("no signing secret is set")
    base = b"v0:" + timestamp.encode() + b":" + body
    expected = "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "surrogatepass")):
        raise SlackSignatureError("the signature does not fit")
    plain = timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12
    if not plain or abs(now.timestamp() - int(timestamp)) > TOLERANCE_SECONDS:
        raise SlackSignatureError("the request is too old")


def approval_message(view: ApprovalView, url: str, *, buttons: bool = False) -> Json:
    """Asks in a channel; `buttons` when a signing secret and a bot token are set.

    `url` is a shared link, because a channel has many readers: its page asks for the name, or only
    shows, where everybody got a link of their own by mail.
    """
    judgement = judge(view.evidence, view.approval.kind)
    mark = {"good": "🟢", "even": "🟡", "bad": "🔴"}[judgement.tone.value]
    steps = [f"{place}. {step}" for place, step in enumerate(on_yes(view), 1)]
    asked = ["*If you say yes*", *map(escape, steps), f"*If you say no*  {escape(on_no(view))}"]
    blocks = [
        _header(f"[{view.project}] {question(view)}"),
        _section(f"{mark} *{escape(judgement.line)}*"),
        *_fields(figure_rows(view)),
        _section("\n".join(asked)),
        {"type": "actions", "block_id": "decide", "elements": _buttons(view, url, buttons)},
        _context(
            f"Open until {moment(view.approval.expires_at)}. Opening the link changes nothing."
        ),
    ]
    return {"text": cut(f"{question(view)} {judgement.line}", SECTION), "blocks": blocks}


def outcome_message(view: ApprovalView, url: str = "") -> Json:
    """What replaces the question once it has ended: who decided what, or why it is void."""
    lines = _outcome_lines(view.approval)
    blocks = [_header(f"[{view.project}] {question(view)}"), _section("\n".join(lines))]
    if url:
        link = _button("See the evidence", "slipway_open", url=url)
        blocks.append({"type": "actions", "elements": [link]})
    return {"text": cut(f"{question(view)} {lines[0].strip('*')}", SECTION), "blocks": blocks}


def reason_modal(view: ApprovalView, verdict: Verdict, *, reply_to: str = "") -> Json:
    """The dialog that a button opens; its answer carries approval, verdict and `reply_to`."""
    yes = verdict is Verdict.APPROVE
    # Judged when it was asked: the dialog has to open within three seconds.
    needed = not yes or view.approval.reason_for_yes
    field: Json = {"type": "plain_text_input", "action_id": "reason", "multiline": True}
    field |= {"max_length": INPUT, "min_length": 1 if needed else 0}
    return {
        "type": "modal",
        "callback_id": DECIDE,
        "private_metadata": f"{view.approval.id}\n{verdict.value}\n{reply_to}",
        "title": _plain(f"Version {view.approval.version}", TITLE),
        "submit": _plain("Approve" if yes else "Reject", TITLE),
        "close": _plain("Back", TITLE),
        "blocks": [
            _section(f"*{escape(yes_words(view) if yes else on_no(view))}*"),
            {
                "type": "input",
                "block_id": "reason",
                "optional": not needed,
                "label": _plain("Reason", 2000),
                "element": field,
            },
        ],
    }


def notice_modal(approval: Approval) -> Json:
    """What a button opens once there is nothing left to decide: who decided what, and when."""
    return {
        "type": "modal",
        "callback_id": "slipway_notice",
        "title": _plain(f"Version {approval.version}", TITLE),
        "close": _plain("Close", TITLE),
        "blocks": [_section("\n".join(_outcome_lines(approval)))],
    }


def escape(text: str) -> str:
    """Text for mrkdwn: Slack's three control characters escaped, so that nothing becomes a link."""
    return plain(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def cut(text: str, most: int) -> str:
    """At most so many characters, with an ellipsis where something was left out."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _outcome_lines(approval: Approval) -> list[str]:
    marks = {State.APPROVED: "✅ Approved", State.REJECTED: "⛔ Rejected"}
    lines = [f"*{marks.get(approval.state, f'⌛ {approval.state.capitalize()}')}*"]
    for said in approval.decisions:
        answer = "yes" if said.verdict is Verdict.APPROVE else "no"
        reason = f" — “{escape(said.reason)}”" if said.reason else ""
        lines.append(f"{escape(said.person)} said {answer}, {moment(said.at)}{reason}")
    if approval.state is State.VOID:
        lines.append(escape(approval.why))
    return lines


def _buttons(view: ApprovalView, url: str, buttons: bool) -> list[Json]:
    words = "See the evidence and decide" if view.approval.shared else "See the evidence"
    see = _button(words, "slipway_open", url=url)
    if not buttons:
        return [see | {"style": "primary"}]
    value = view.approval.id
    yes = _button(yes_words(view), "slipway_approve", value=value) | {"style": "primary"}
    no = _button(f"No, reject version {view.approval.version}", "slipway_reject", value=value)
    return [yes, no | {"style": "danger"}, see]


def _button(label: str, action: str, **target: str) -> Json:
    return {"type": "button", "action_id": action, "text": _plain(label, BUTTON), **target}


def _fields(rows: Sequence[Row]) -> list[Json]:
    """Figures in sections of at most ten fields."""
    cells = [
        {
            "type": "mrkdwn",
            "text": cut(f"*{escape(name)}*\n{escape(value)}  {escape(beside)}", FIELD),
        }
        for name, value, beside in rows
    ]
    parts = [cells[at : at + 10] for at in range(0, len(cells), 10)]
    return [{"type": "section", "fields": part} for part in parts]


def _header(text: str) -> Json:
    return {"type": "header", "text": _plain(text, HEADER)}


def _section(text: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": cut(text, SECTION)}}


def _context(text: str) -> Json:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": cut(escape(text), FIELD)}]}


def _plain(text: str, most: int) -> Json:
    return {"type": "plain_text", "text": cut(plain(text).replace("\N{NO-BREAK SPACE}", " "), most)}
