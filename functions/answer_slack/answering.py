"""A pressed button opens the reason dialog; a sent dialog decides, as its sender's mail address.

Slack waits three seconds for each, so nothing is gathered here that the page shows anyway.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters import approvals, http, saying, secrets, views
from adapters.http import Request
from adapters.ledger import Ledger
from adapters.secrets import SlackSecret
from adapters.slack_api import SlackApi, SlackError
from domain import slack, slack_answers
from domain.approval import Approval, ApprovalError, Kind
from domain.evidence import Evidence
from domain.pages.view import ApprovalView, Change
from domain.people import SHARED, Person
from domain.slack_answers import Pressed, SlackAnswerError, Submitted

Reply = tuple[int, dict[str, Any], str]
"""HTTP status, JSON for Slack, and a word for the log."""


@dataclass(frozen=True)
class Settings:
    """What the template sets."""

    ledger_table: str
    production_endpoint_name: str
    project_name: str
    slack_api_url: str
    slack_secret_arn: str
    staging_endpoint_name: str


def answer(event: Mapping[str, Any], settings: Settings, now: datetime) -> Reply:
    """What Slack gets back; 401 and nothing done without its signature."""
    headers, body = http.raw(event)
    secret = secrets.slack(settings.slack_secret_arn)
    stamp = headers.get("x-slack-request-timestamp", "")
    signature = headers.get("x-slack-signature", "")
    try:
        slack.verify_request(secret.signing_secret, stamp, body, signature, now)
        said = slack_answers.parse_answer(body)
    except slack.SlackSignatureError as error:
        return 401, {"error": str(error)}, "not signed"
    except SlackAnswerError as error:
        return 400, {"error": str(error)}, "not readable"
    if isinstance(said, Pressed):
        return _pressed(said, secret, settings)
    if isinstance(said, Submitted):
        return _submitted(said, http.parse(event), secret, settings, now)
    return 200, {}, "nothing to answer"


def _pressed(said: Pressed, secret: SlackSecret, settings: Settings) -> Reply:
    approval = approvals.load(Ledger(settings.ledger_table), said.approval_id)
    if approval is None:
        return 200, {}, "unknown approval"
    if approval.is_pending:
        modal = slack.reason_modal(_view(approval, settings), said.verdict)
    else:
        modal = slack.notice_modal(approval)
    api = SlackApi(settings.slack_api_url, secret.bot_token)
    try:
        api.call("views.open", {"trigger_id": said.trigger_id, "view": modal})
    except SlackError as error:
        return 502, {"error": str(error)}, str(error)
    return 200, {}, "dialog opened"


def _submitted(
    said: Submitted, request: Request, secret: SlackSecret, settings: Settings, now: datetime
) -> Reply:
    ledger = Ledger(settings.ledger_table)
    approval = approvals.load(ledger, said.approval_id)
    if approval is None:
        return _refused("There is no such question any more.")
    try:
        address = SlackApi(settings.slack_api_url, secret.bot_token).mail_of(said.user_id)
    except SlackError as error:
        return _refused(f"Slack did not say who you are ({error}). Try again.")
    if not address:
        return _refused(
            "Slack tells no confirmed e-mail address of yours here, so nobody knows who you are. "
            "(The app needs the scope users:read.email.)"
        )
    try:
        saying.say(
            approval,
            Person(address),
            said.verdict,
            said.reason,
            request,
            ledger,
            settings.project_name,
            now,
            via="slack",
        )
    except ApprovalError as error:
        words = str(error)
        return _refused(f"{words[:1].upper()}{words[1:]}.")
    return 200, {"response_action": "clear"}, f"decided: {said.verdict}"


def _refused(words: str) -> Reply:
    """Slack shows the words below the reason field; the dialog stays open."""
    return 200, {"response_action": "errors", "errors": {"reason": slack.cut(words, 300)}}, words


def _view(approval: Approval, settings: Settings) -> ApprovalView:
    """As much of the page as the dialog shows."""
    review = approval.kind is Kind.REVIEW
    endpoint = settings.staging_endpoint_name if review else settings.production_endpoint_name
    live = views.live_version(Ledger(settings.ledger_table), settings.production_endpoint_name)
    return ApprovalView(
        project=settings.project_name,
        approval=approval,
        person=Person(SHARED),
        evidence=Evidence(),
        change=Change(endpoint, live),
        now=approval.created_at,
    )
