"""The two doors of the local cloud, as ASGI applications.

`aws_door` is the AWS port: pages and git go to their handlers, everything else to the base.
`api_door` is a port of its own for the deployed stack's HTTP API, served at its root, so that the
links in mails are plain addresses and need no `*.localhost` name.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

from localcloud.services import Handler, public_handler

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_NO_API = "No HTTP API is deployed in this local cloud."


def aws_door(base: App) -> App:
    """Return the application of the AWS port around the base's own."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        handler = public_handler(scope["path"]) if scope["type"] == "http" else None
        if handler is None or _is_signed(scope):
            await base(scope, receive, send)
        else:
            await _answer(handler, scope, receive, send)

    return app


def api_door(base: App) -> App:
    """Return the application of the API port: `/path` is the HTTP API's `/path`."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            api = newest_http_api()
            if api is None:
                await _send(send, 503, {"content-type": "application/json"}, _no_api())
                return
            prefix = f"/_aws/execute-api/{api}/$default"
            raw = scope.get("raw_path") or scope["path"].encode()
            inner = {**scope, "path": prefix + scope["path"], "raw_path": prefix.encode() + raw}
            await base(inner, receive, send)

    return app


def newest_http_api() -> str | None:
    """Return the id of the HTTP API with a `$default` stage that was made last, if any."""
    from ministack.services import apigateway

    found = [
        (api.get("createdDate", ""), api_id)
        for (account, region, api_id), api in apigateway._apis.all_items()
        if api.get("protocolType", "HTTP") == "HTTP"
        and "$default" in apigateway._stages.get_scoped(account, region, api_id, {})
    ]
    return str(max(found)[1]) if found else None


def _no_api() -> bytes:
    return json.dumps({"message": _NO_API}).encode()


def _is_signed(scope: Scope) -> bool:
    headers = dict(scope["headers"])
    return (
        headers.get(b"authorization", b"").startswith(b"AWS4-")
        or b"X-Amz-Signature=" in scope["query_string"]
    )


async def _answer(handler: Handler, scope: Scope, receive: Receive, send: Send) -> None:
    headers = {key.decode("latin-1").lower(): value.decode() for key, value in scope["headers"]}
    query = parse_qs(scope["query_string"].decode(), keep_blank_values=True)
    body = await _body(receive)
    status, answer_headers, answer = await handler(
        scope["method"], scope["path"], headers, body, query
    )
    await _send(send, status, answer_headers, b"" if scope["method"] == "HEAD" else answer)


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def _send(send: Send, status: int, headers: dict[str, str], body: bytes) -> None:
    pairs = [(name.lower().encode(), str(value).encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})


async def _live(receive: Receive, send: Send) -> None:
    while True:
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return
