"""GitHub's webhook: is it GitHub's, and does it tell of a new head of the watched branch?

https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries and
https://docs.github.com/webhooks/webhook-events-and-payloads#push
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

BODY_MAX = 1024 * 1024
NO_COMMIT = "0" * 40
_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_TEXT_MAX = 1000
_UNSIGNED = "X-Hub-Signature-256 is missing or wrong"


class WebhookRefusedError(Exception):
    """The request is not one that GitHub sends; `status` is the HTTP answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Watched:
    """What a stack builds. `repository` is "owner/name", empty when it watches none."""

    repository: str
    branch: str


@dataclass(frozen=True)
class Push:
    """A new head of the watched branch, as it is put on the bus."""

    repository: str
    branch: str
    commit: str
    delivery: str
    author: str
    message: str
    pusher: str


@dataclass(frozen=True)
class Ignored:
    """A request of GitHub's that starts nothing, and why."""

    status: int
    reason: str


def signature(secret: bytes, body: bytes) -> str:
    """The value of `X-Hub-Signature-256` for `body`."""
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()


def check_form(headers: Mapping[str, str], body: bytes) -> None:
    """Raise `WebhookRefusedError` for what needs no secret to be refused. Names are lower case."""
    if len(body) > BODY_MAX:
        raise WebhookRefusedError(413, f"the body has more than {BODY_MAX} bytes")
    content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise WebhookRefusedError(
            415, "set the webhook's content type to application/json in the repository's settings"
        )
    if not headers.get("x-hub-signature-256"):
        raise WebhookRefusedError(401, _UNSIGNED)


def check_signature(headers: Mapping[str, str], body: bytes, secret: bytes) -> None:
    """Raise `WebhookRefusedError` unless GitHub signed `body`.

    The signature covers the bytes as they came; it is compared in constant time, before anything
    in them is read.
    """
    given = headers.get("x-hub-signature-256", "")
    if not hmac.compare_digest(signature(secret, body).encode(), given.encode()):
        raise WebhookRefusedError(401, _UNSIGNED)


def parse(headers: Mapping[str, str], body: bytes, watched: Watched) -> Push | Ignored:
    """What a signed request tells. Raises `WebhookRefusedError` that names the faulty field."""
    kind = headers.get("x-github-event", "")
    delivery = headers.get("x-github-delivery", "")
    if not kind or not delivery:
        missing = "X-GitHub-Delivery" if kind else "X-GitHub-Event"
        raise WebhookRefusedError(400, f"the header {missing} is missing")
    document = _document(body)
    if kind == "ping":
        return Ignored(200, "pong")
    if kind != "push":
        return Ignored(202, f"{kind} starts nothing")
    return _push(document, delivery[:100], watched)


def _push(document: Mapping[str, Any], delivery: str, watched: Watched) -> Push | Ignored:
    repository = _text(document, "repository.full_name")
    ref, after = _text(document, "ref"), _text(document, "after")
    deleted = _field(document, "deleted", False)
    if not isinstance(deleted, bool):
        raise WebhookRefusedError(400, "the field deleted is not true or false")
    if not _COMMIT.fullmatch(after):
        raise WebhookRefusedError(400, "the field after is not a commit id")
    if not watched.repository or repository.lower() != watched.repository.lower():
        return Ignored(202, f"repository {repository} is not watched")
    if deleted or after == NO_COMMIT:
        return Ignored(202, f"{ref} was deleted")
    if ref != f"refs/heads/{watched.branch}":
        return Ignored(202, f"{ref} is not watched")
    return Push(
        repository=watched.repository,
        branch=watched.branch,
        commit=after,
        delivery=delivery,
        author=_text(document, "head_commit.author.name", ""),
        message=_text(document, "head_commit.message", ""),
        pusher=_text(document, "pusher.name", ""),
    )


def _document(body: bytes) -> Mapping[str, Any]:
    try:
        document = json.loads(body)
    # A document nested thousands deep is no payload of GitHub's either.
    except (ValueError, RecursionError) as error:
        raise WebhookRefusedError(400, "the body is not JSON") from error
    if not isinstance(document, dict):
        raise WebhookRefusedError(400, "the body is not a JSON object")
    return document


_REQUIRED: Any = object()


def _field(document: Any, path: str, default: Any = _REQUIRED) -> Any:
    found = document
    for name in path.split("."):
        if found is None and default is not _REQUIRED:
            return default
        if not isinstance(found, dict):
            raise WebhookRefusedError(400, f"the field {path} is missing")
        found = found.get(name)
    if found is None:
        if default is _REQUIRED:
            raise WebhookRefusedError(400, f"the field {path} is missing")
        return default
    return found


def _text(document: Any, path: str, default: Any = _REQUIRED) -> str:
    found = _field(document, path, default)
    if not isinstance(found, str):
        raise WebhookRefusedError(400, f"the field {path} is not a text")
    return found[:_TEXT_MAX]
