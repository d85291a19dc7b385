"""A Slack workspace in memory: its channel, its members, its messages and open dialogs."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from localcloud.slack.block_kit import faults

CHANNEL = "C0SLIPWAY"
BOT_TOKEN = "xoxb-local-slipway"
SIGNING_SECRET = "local-signing-secret-of-slipway"
MEMBERS: dict[str, dict[str, Any]] = {
    "U0ADA": {"real_name": "Ada", "profile": {"email": "ada@example.com"}},
    "U0GRACE": {"real_name": "Grace", "profile": {"email": "grace@example.com"}},
    "U0EVE": {"real_name": "Eve", "profile": {"email": "eve@example.com"}},
    "U0BOT": {"real_name": "A bot", "is_bot": True, "profile": {}},
}
TRIGGER_SECONDS = 3.0


class SlackRefusal(Exception):
    """What Slack answers with `"ok": false`: its error code, and what it says about it."""

    def __init__(self, code: str, messages: list[str] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.messages = messages or []


@dataclass
class Posted:
    """A message. `edited` once chat.update has replaced it."""

    ts: str
    channel: str
    body: dict[str, Any]
    at: float
    edited: bool = False


@dataclass
class Workspace:
    """What Slack remembers."""

    posted: dict[str, Posted] = field(default_factory=dict)
    dialogs: dict[str, dict[str, Any]] = field(default_factory=dict)
    _triggers: dict[str, tuple[float, str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def post(self, channel: str, body: Mapping[str, Any]) -> Posted:
        """Put a message into the channel. Raises SlackRefusal."""
        if channel != CHANNEL:
            raise SlackRefusal("channel_not_found")
        _check(body)
        with self._lock:
            ts = f"{time.time():.6f}"
            message = Posted(ts, channel, dict(body), time.time())
            self.posted[ts] = message
        return message

    def update(self, channel: str, ts: str, body: Mapping[str, Any]) -> Posted:
        """Replace a message. Raises SlackRefusal."""
        message = self.posted.get(ts)
        if message is None or message.channel != channel:
            raise SlackRefusal("message_not_found")
        _check(body)
        message.body, message.edited = dict(body), True
        return message

    def trigger(self, user: str) -> str:
        """A trigger id for what `user` just did; a dialog can be opened with it for 3 s, once."""
        trigger = f"{secrets.randbelow(10**12)}.{secrets.token_hex(8)}"
        self._triggers[trigger] = (time.monotonic() + TRIGGER_SECONDS, user)
        return trigger

    def open_view(self, trigger: str, view: Mapping[str, Any]) -> dict[str, Any]:
        """Open a dialog for the user behind `trigger`. Raises SlackRefusal."""
        until, user = self._triggers.pop(trigger, (0.0, ""))
        if not user:
            raise SlackRefusal("invalid_trigger_id")
        if time.monotonic() > until:
            raise SlackRefusal("expired_trigger_id")
        _check(view)
        opened = {**view, "id": f"V{secrets.token_hex(5).upper()}"}
        self.dialogs[user] = opened
        return opened

    def member(self, user: str) -> dict[str, Any]:
        """What users.info says of a member. Raises SlackRefusal."""
        if user not in MEMBERS:
            raise SlackRefusal("user_not_found")
        return {"id": user, "deleted": False, "is_bot": False, **MEMBERS[user]}


def _check(body: Mapping[str, Any]) -> None:
    try:
        found = faults(body)
    except (KeyError, TypeError) as error:
        found = [f"a part is missing: {error}"]
    if found:
        raise SlackRefusal("invalid_blocks", found)


WORKSPACE = Workspace()
"""The one workspace of this process; the inbox shows its messages."""
