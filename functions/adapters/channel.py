"""The Slack channel: the question, and later the outcome in its place.

Slack is told beside the mails and never instead of them: when it fails, the loop goes on, and the
timeline says so.
"""

from datetime import datetime
from typing import Protocol

from adapters import secrets, slack_api
from adapters.ledger import Item, Ledger
from adapters.secrets import SlackSecret
from adapters.slack_api import SlackApi, SlackError
from domain import ledger as keys
from domain import slack
from domain.ledger import Fact, Key
from domain.pages.view import ApprovalView


class Settings(Protocol):
    """How Slack is reached."""

    @property
    def slack_api_url(self) -> str:
        """https://slack.com/api"""

    @property
    def slack_secret_arn(self) -> str:
        """The stack's Slack secret."""


def ask(
    view: ApprovalView, url: str, ledger: Ledger, settings: Settings, now: datetime
) -> None:  # fmt: skip
    """Post the question, if Slack is used, and remember where it stands."""
    if not settings.slack_secret_arn:
        return
    try:
        secret = _secret(settings)
        if secret.is_app:
            message = slack.approval_message(view, url, buttons=bool(secret.signing_secret))
            api = SlackApi(settings.slack_api_url, secret.bot_token)
            posted = api.post("chat.postMessage", {"channel": secret.channel, **message})
            place = {"channel": posted["channel"], "ts": posted["ts"]}
            ledger.put(_key(view.approval.id), {**place, "expires": _gone(view)})
        elif secret.webhook_url:
            slack_api.post_webhook(secret.webhook_url, slack.approval_message(view, url))
        elif secret != SlackSecret():
            raise SlackError("the secret needs webhook_url, or bot_token and channel")
    except SlackError as error:
        _note(view, str(error), ledger, now)


def tell(
    view: ApprovalView, url: str, ledger: Ledger, settings: Settings, now: datetime
) -> None:  # fmt: skip
    """Put the outcome in the question's place; a webhook cannot, so it posts below."""
    if not settings.slack_secret_arn:
        return
    message = slack.outcome_message(view, url)
    try:
        secret = _secret(settings)
        place: Item | None = ledger.get(_key(view.approval.id)) if secret.bot_token else None
        if place:
            where = {"channel": place["channel"], "ts": place["ts"]}
            SlackApi(settings.slack_api_url, secret.bot_token).post(
                "chat.update", {**where, **message}
            )
        elif secret.webhook_url and not secret.is_app:
            slack_api.post_webhook(secret.webhook_url, message)
    except SlackError as error:
        _note(view, str(error), ledger, now)


def _secret(settings: Settings) -> SlackSecret:
    """What is known of Slack. People write this secret by hand, so it may be no JSON at all."""
    try:
        return secrets.slack(settings.slack_secret_arn)
    except (ValueError, AttributeError) as error:
        raise SlackError("the secret SlackSecret is no JSON object") from error


def _key(approval_id: str) -> Key:
    return Key(f"SLACK#{approval_id}")


def _gone(view: ApprovalView) -> int:
    return keys.epoch(view.approval.expires_at) + 90 * 86400


def _note(view: ApprovalView, reason: str, ledger: Ledger, now: datetime) -> None:
    arn, cause = view.approval.model_package_arn, f"slack-{view.approval.id}-{view.approval.state}"
    title = f"Slack was not told of the {view.approval.kind.value}"
    fact = Fact(view.project, arn, "notice_failed", title, now, cause, {"reason": reason})
    ledger.record(fact)
