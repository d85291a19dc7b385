"""Slack's Web API and incoming webhooks.

https://docs.slack.dev/apis/web-api and https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
"""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

SECONDS = 5
ANSWER_MAX = 1 << 20


class SlackError(RuntimeError):
    """Slack did not take what it was given, or did not answer."""


@dataclass(frozen=True)
class SlackApi:
    """Slack at `url` (https://slack.com/api), as the app that `token` belongs to."""

    url: str
    token: str

    def call(self, method: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """A method with a JSON body. Raises SlackError with Slack's own error code."""
        return self._answer(method, json.dumps(body).encode(), "application/json; charset=utf-8")

    def mail_of(self, user_id: str) -> str:
        """The mail address of a member; empty for bots, for those who left, and without one.

        Needs the scopes users:read and users:read.email. users.info takes no JSON.
        """
        form = urlencode({"user": user_id}).encode()
        user = self._answer("users.info", form, "application/x-www-form-urlencoded")["user"]
        if user.get("deleted") or user.get("is_bot"):
            return ""
        return str((user.get("profile") or {}).get("email") or "")

    def _answer(self, method: str, body: bytes, kind: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
        address = f"{self.url.rstrip('/')}/{method}"
        answer: dict[str, Any] = json.loads(_post(address, body, headers, method))
        if not answer.get("ok"):
            raise SlackError(f"{method}: {answer.get('error', 'no reason given')}")
        return answer


def post_webhook(url: str, message: Mapping[str, Any]) -> None:
    """Post a message to the channel of an incoming webhook."""
    headers = {"Content-Type": "application/json; charset=utf-8"}
    _post(url, json.dumps(message).encode(), headers, "the webhook")


def _post(url: str, body: bytes, headers: Mapping[str, str], what: str) -> bytes:
    request = urllib.request.Request(url, body, dict(headers), method="POST")
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            content: bytes = answer.read(ANSWER_MAX)
    except urllib.error.HTTPError as error:
        said = error.read(200).decode(errors="replace")
        raise SlackError(f"{what}: {error.code} {said}") from error
    except (OSError, ValueError) as error:
        # Without the address: a webhook's is a secret.
        raise SlackError(f"{what}: no answer ({type(error).__name__})") from error
    return content
