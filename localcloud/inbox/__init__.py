"""The inbox of a local cloud: what SES and SNS sent to people, as pages and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from localcloud.inbox import identities, pages
from localcloud.inbox.messages import Messages, ses_mails
from localcloud.inbox.notifications import capture
from localcloud.inbox.slack import slack_messages
from localcloud.slack.api import PREFIX as SLACK

if TYPE_CHECKING:
    from localcloud.context import Context

PATH = "/_slipway/inbox"
Reply = tuple[int, dict[str, str], bytes]


def install(context: Context) -> Messages:
    """Serve the inbox on ministack's port and record SNS e-mails; return the messages."""
    from localcloud.services import register_service

    shown = f"{context.endpoint_url}{SLACK}/messages"
    messages = Messages(lambda: [*ses_mails(), *slack_messages(shown)])
    capture(messages, context.endpoint_url)
    identities.verify(context)

    async def handle_request(
        method: str,
        path: str,
        _headers: dict[str, str],
        _body: bytes,
        _query: Mapping[str, list[str]],
    ) -> Reply:
        return answer(messages, method, path)

    register_service("inbox", handler=handle_request, path_prefixes=(PATH,))
    return messages


def answer(messages: Messages, method: str, path: str) -> Reply:
    """Answer one request for the inbox."""
    if method not in ("GET", "HEAD"):
        return _html(405, pages.missing_page(PATH))
    rest = path.removeprefix(PATH).rstrip("/")
    if rest == ".json":
        listed = [message.as_json() for message in messages.newest_first()]
        headers = {"content-type": "application/json", "cache-control": "no-store"}
        return 200, headers, json.dumps(listed).encode()
    if not rest:
        return _html(200, pages.list_page(messages.newest_first(), PATH))
    message = messages.get(rest.removeprefix("/"))
    if message is None:
        return _html(404, pages.missing_page(PATH))
    return _html(200, pages.message_page(message, PATH))


def _html(status: int, page: str) -> Reply:
    headers = {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": pages.CONTENT_SECURITY_POLICY,
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
    }
    return status, headers, page.encode()
