"""Slack's side of HTTP: Web API, incoming webhook, and the pages on which a person presses buttons.

https://docs.slack.dev/apis/web-api. People's pages are ours: `GET /_slack/messages/<ts>`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

from localcloud.slack import pages, people
from localcloud.slack.workspace import BOT_TOKEN, CHANNEL, SlackRefusal, Workspace

PREFIX = "/_slack"
Reply = tuple[int, dict[str, str], bytes]
Json = dict[str, Any]


class SlackServer:
    """Answers for a workspace; `actions_url` is the request URL of the app's interactivity."""

    def __init__(self, workspace: Workspace, actions_url: str) -> None:
        self._workspace = workspace
        self._actions_url = actions_url
        self._methods: dict[str, Callable[[Json], Json]] = {
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "views.open": self._open,
            "users.info": self._user,
        }

    async def handle_request(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        _query: Mapping[str, list[str]],
    ) -> Reply:
        """Answer one request; what a person does calls the stack, so it leaves the event loop."""
        kind, _, rest = path.removeprefix(f"{PREFIX}/").partition("/")
        if method == "POST" and kind == "api":
            return self._api(rest, headers, body)
        if method == "POST" and kind == "hooks":
            return self._webhook(body)
        if kind == "messages":
            form = {name: values[-1] for name, values in parse_qs(body.decode()).items()}
            return await asyncio.to_thread(self._person, method, rest, form)
        return 404, {}, b""

    def _api(self, name: str, headers: Mapping[str, str], body: bytes) -> Reply:
        if headers.get("authorization") != f"Bearer {BOT_TOKEN}":
            return _json({"ok": False, "error": "invalid_auth"})
        call = self._methods.get(name)
        if call is None:
            return _json({"ok": False, "error": "unknown_method"})
        try:
            return _json({"ok": True, **call(_arguments(headers, body))})
        except (KeyError, ValueError):
            return _json({"ok": False, "error": "invalid_arguments"})
        except SlackRefusal as refusal:
            said = {"ok": False, "error": refusal.code}
            return _json({**said, "response_metadata": {"messages": refusal.messages}})

    def _webhook(self, body: bytes) -> Reply:
        try:
            self._workspace.post(CHANNEL, json.loads(body))
        except (SlackRefusal, ValueError) as error:
            return 400, {"content-type": "text/plain"}, str(error).encode()
        return 200, {"content-type": "text/plain"}, b"ok"

    def _person(self, method: str, ts: str, form: Mapping[str, str]) -> Reply:
        message = self._workspace.posted.get(ts)
        if message is None:
            return 404, {}, b""
        said = ""
        if method == "POST" and "action" in form:
            said = people.press(self._workspace, self._actions_url, message, form)
        elif method == "POST":
            said = people.submit(self._workspace, self._actions_url, form)
        user = form.get("user", "U0ADA")
        dialog = self._workspace.dialogs.get(user) if method == "POST" else None
        page = pages.message(message, f"{PREFIX}/messages/{ts}", user, dialog, said)
        return 200, dict(pages.HEADERS), page.encode()

    def _post(self, given: Json) -> Json:
        posted = self._workspace.post(given["channel"], given)
        return {"channel": posted.channel, "ts": posted.ts, "message": posted.body}

    def _update(self, given: Json) -> Json:
        posted = self._workspace.update(given["channel"], given["ts"], given)
        return {"channel": posted.channel, "ts": posted.ts, "text": posted.body["text"]}

    def _open(self, given: Json) -> Json:
        return {"view": self._workspace.open_view(given["trigger_id"], given["view"])}

    def _user(self, given: Json) -> Json:
        return {"user": self._workspace.member(given["user"])}


def _arguments(headers: Mapping[str, str], body: bytes) -> Json:
    if headers.get("content-type", "").startswith("application/json"):
        document: Json = json.loads(body)
        return document
    return {name: values[-1] for name, values in parse_qs(body.decode()).items()}


def _json(document: Json) -> Reply:
    return 200, {"content-type": "application/json"}, json.dumps(document).encode()
