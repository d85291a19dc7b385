"""Slack's Web API and incoming webhooks.

https://docs.slack.dev/apis/web-api and https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
"""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.parse import urlencode

SECONDS = 5
PATIENCE = 10
"""The longest that a message waits when Slack says "too many" (it takes one a second), once."""
ANSWER_MAX = 1 << 20
TOO_MANY = 429
_JSON = "application/json; charset=utf-8"


class SlackError(RuntimeError):
    """Slack did not take what it was given, or did not answer."""


@dataclass(frozen=True)
class SlackApi:
    """Slack at `url` (https://slack.com/api), as the app that `token` belongs to."""

    url: str
    token: str

    def call(self, method: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """A method with a JSON body. Raises SlackError with Slack's own error code."""
        return self._answer(method, json.dumps(body).encode(), _JSON)

    def post(self, method: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The same for a message, for which nobody waits: it may wait a little for its turn."""
        return self._answer(method, json.dumps(body).encode(), _JSON, PATIENCE)

    def mail_of(self, user_id: str) -> str:
        """The mail address of a member; empty for bots, for those who left, and without one.

        So it is for somebody of another workspace, and for an address that nobody has confirmed:
        whoever types it there would be that approver here. Needs the scopes users:read and
        users:read.email. users.info takes no JSON.
        """
        form = urlencode({"user": user_id}).encode()
        user = self._answer("users.info", form, "application/x-www-form-urlencoded")["user"]
        if user.get("deleted") or user.get("is_bot") or user.get("is_stranger"):
            return ""
        if user.get("is_email_confirmed") is False:
            return ""
        return str((user.get("profile") or {}).get("email") or "")

    def _answer(self, method: str, body: bytes, kind: str, patience: float = 0) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
        address = f"{self.url.rstrip('/')}/{method}"
        content = _post(address, body, headers, method, patience)
        try:
            answer = json.loads(content)
        except ValueError as error:
            raise SlackError(f"{method}: the answer is no JSON") from error
        if not isinstance(answer, dict) or not answer.get("ok"):
            said = answer.get("error") if isinstance(answer, dict) else None
            raise SlackError(f"{method}: {said or 'no reason given'}")
        return answer


def post_webhook(url: str, message: Mapping[str, Any]) -> None:
    """Post a message to the channel of an incoming webhook."""
    _post(url, json.dumps(message).encode(), {"Content-Type": _JSON}, "the webhook", PATIENCE)


def _post(
    url: str, body: bytes, headers: Mapping[str, str], what: str, patience: float = 0
) -> bytes:
    """The answer's body. With `patience`, a 429 is tried once more after as long as Slack says."""
    request = urllib.request.Request(url, body, dict(headers), method="POST")
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            content: bytes = answer.read(ANSWER_MAX)
    except urllib.error.HTTPError as error:
        wait = error.headers.get("Retry-After", "")
        if error.code == TOO_MANY and wait.isdecimal() and int(wait) <= patience:
            time.sleep(int(wait))
            return _post(url, body, headers, what)
        said = error.read(200).decode(errors="replace")
        raise SlackError(f"{what}: {error.code} {said}") from error
    except (OSError, ValueError, HTTPException) as error:
        # Without the address: a webhook's is a secret.
        raise SlackError(f"{what}: no answer ({type(error).__name__})") from error
    return content
