"""HTTP API requests (payload format 2.0) and answers."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from domain.pages import messages
from domain.pages.layout import CONTENT_TYPE, security_headers

BODY_MAX = 64 * 1024


@dataclass(frozen=True)
class Request:
    """What a handler needs of a request. `query` and `form` have one value for each name; one that
    was sent twice is both with a comma, as API Gateway has it, so that it is neither of them.

    `claims` are those of a token that API Gateway has verified; {} without an authorizer.
    `site` is what a browser says of the page that sent the request (Sec-Fetch-Site); no page can
    make it up. https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site
    """

    path: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    content_type: str
    address: str
    agent: str
    claims: Mapping[str, Any] = field(default_factory=dict)
    method: str = "GET"
    site: str = ""

    @property
    def form(self) -> dict[str, str]:
        """The fields of an HTML form; {} for anything else, or for too much of it."""
        wanted = self.content_type.startswith("application/x-www-form-urlencoded")
        if not wanted or len(self.body) > BODY_MAX:
            return {}
        return _fields(self.body.decode(errors="replace"))


def parse(event: Mapping[str, Any]) -> Request:
    """The request in a Lambda event of an HTTP API."""
    context = event["requestContext"]["http"]
    authorizer = event["requestContext"].get("authorizer") or {}
    text = event.get("body") or ""
    body = base64.b64decode(text) if event.get("isBase64Encoded") else text.encode()
    query = _fields(event.get("rawQueryString", ""))
    headers = event.get("headers") or {}
    return Request(
        path=event.get("pathParameters") or {},
        query=query,
        body=body,
        content_type=headers.get("content-type", ""),
        address=context.get("sourceIp", ""),
        agent=context.get("userAgent", "")[:200],
        claims=(authorizer.get("jwt") or {}).get("claims") or {},
        method=context["method"],
        site=headers.get("sec-fetch-site", ""),
    )


def _fields(encoded: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


def raw(event: Mapping[str, Any]) -> tuple[dict[str, str], bytes]:
    """Headers with lower-case names, and the body's bytes as they were sent and signed."""
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    text = event.get("body") or ""
    return headers, base64.b64decode(text) if event.get("isBase64Encoded") else text.encode()


def answer(status: int, document: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON answer for a program."""
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    return {"statusCode": status, "headers": headers, "body": json.dumps(document)}


def page(status: int, html: str) -> dict[str, Any]:
    """A page, with the headers that every page has."""
    headers = security_headers() | {"content-type": CONTENT_TYPE}
    return {"statusCode": status, "headers": headers, "body": html}


def guarded(show: Callable[[], tuple[int, str]], logger: Any) -> tuple[int, dict[str, Any]]:
    """Status and answer of a page; a fault becomes a page as well, and one line in the log.

    Nobody retries for a person who waits, and API Gateway's own answer has none of our headers.
    """
    try:
        status, html = show()
    except Exception:
        logger.exception("The page failed")
        status, html = 500, messages.render_failed()
    return status, page(status, html)
