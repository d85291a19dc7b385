"""Slack messages as the inbox lists them; their own page has the buttons."""

from __future__ import annotations

from localcloud.inbox.messages import Message, short_id
from localcloud.slack import pages
from localcloud.slack.workspace import WORKSPACE


def slack_messages(shown_at: str) -> list[Message]:
    """The channel's messages as they are now; `shown_at` is where their own pages are."""
    return [
        Message(
            id=short_id(posted.ts),
            kind="slack",
            time=posted.at,
            sender="Slipway in Slack",
            to=("#releases",),
            subject=str(posted.body["text"]).split("? ")[0],
            text=f"{pages.plain(posted)}\n\nAs Slack shows it: {shown_at}/{posted.ts}",
            html="",
        )
        for posted in list(WORKSPACE.posted.values())
    ]
