"""Slack, as far as Slipway uses it: messages, dialogs, members, and buttons that people press.

It refuses what Slack would refuse, and signs what it sends as Slack does. Nothing leaves the
machine: the workspace is in this process, its messages are shown in the inbox.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.slack.api import PREFIX, SlackServer
from localcloud.slack.workspace import WORKSPACE

if TYPE_CHECKING:
    from localcloud.context import Context


def install(context: Context) -> None:
    """Answer Slack's Web API and webhooks under `/_slack` on the AWS port."""
    from localcloud.services import register_service

    server = SlackServer(WORKSPACE, f"{context.api_url}/slack/actions")
    register_service("slack", handler=server.handle_request, path_prefixes=(f"{PREFIX}/",))
