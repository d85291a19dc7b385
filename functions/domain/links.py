"""Links that only this stack can make: who may decide what, and until when.

A link's query is `p` (person), `e` (expiry, Unix seconds), `k` (key id) and `s` (HMAC-SHA256
over approval, person, expiry and key id). Only `s` is secret; nothing can be changed, added or
dropped. Keys rotate: sign with the newest, verify with every key that still has open links.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlencode

from domain.people import Person

RELEASES = "releases"
"""What stands for the approval id in a link to the release page and its rollback form."""

OUTLIVES = timedelta(days=30)
"""How long a link goes on showing the decision after its approval has expired."""

_FIELDS = frozenset("peks")
_EXPIRY = re.compile(r"[1-9][0-9]{0,11}", re.ASCII)
_SIGNATURE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_SHORTEST_SECRET = 16
_LONGEST_FIELD = 320
_NO_KEY = hashlib.sha256(b"a key that signs nothing").digest()


class LinkError(Exception):
    """A link that opens nothing."""


class LinkMalformedError(LinkError):
    """Not the shape of a link of ours: a field is missing, doubled, unknown or unreadable."""


class LinkForgedError(LinkError):
    """The signature does not fit: changed, made up, or signed by a key that is gone."""


class LinkExpiredError(LinkError):
    """Ours and unchanged, but its time is over. `person` is who it was made for."""

    def __init__(self, person: Person, expired_at: int) -> None:
        super().__init__(f"the link expired at {expired_at}")
        self.person = person
        self.expired_at = expired_at


def sign(
    secret: bytes, key_id: str, approval_id: str, person: str, expires_at: datetime | int
) -> str:
    """The query string (`p=…&e=…&k=…&s=…`) that lets `person` open `approval_id`.

    `person` is a mail address or `"*"` for a link that several share; `expires_at` an aware
    datetime or Unix seconds. Raises ValueError for a secret of fewer than 16 bytes.
    """
    if len(secret) < _SHORTEST_SECRET:
        raise ValueError(f"a signing secret has at least {_SHORTEST_SECRET} bytes")
    expiry = str(_epoch(expires_at))
    fields = {"p": person, "e": expiry, "k": key_id}
    if not _EXPIRY.fullmatch(expiry) or not all(_is_plain(value) for value in fields.values()):
        raise ValueError("a link needs a person, a key id and an expiry after 1970")
    return urlencode({**fields, "s": _signature(secret, approval_id, person, expiry, key_id)})


def verify(
    query: Mapping[str, str], approval_id: str, keys: Mapping[str, bytes], now: datetime | int
) -> Person:
    """Whose link this is; `query` holds the decoded query parameters of the request.

    `keys` maps key ids to secrets. The signature is looked at before the expiry, so that a
    stranger learns nothing. Raises LinkMalformedError, LinkForgedError or LinkExpiredError.
    """
    person, expiry, key_id, given = _parse(query)
    secret = keys.get(key_id)
    expected = _signature(secret or _NO_KEY, approval_id, person, expiry, key_id)
    # Compared as text: base64 has spare bits, so two texts can decode to the same bytes.
    fits = hmac.compare_digest(expected.encode("ascii"), given.encode("ascii"))
    if not secret or len(secret) < _SHORTEST_SECRET or not fits:
        raise LinkForgedError("the link was changed, or was not made here")
    if _epoch(now) >= int(expiry):
        raise LinkExpiredError(Person(person), int(expiry))
    return Person(person)


def _parse(query: Mapping[str, str]) -> tuple[str, str, str, str]:
    if set(query) != _FIELDS or not all(isinstance(value, str) for value in query.values()):
        raise LinkMalformedError("a link has exactly the parameters p, e, k and s")
    person, expiry, key_id, given = (query[name] for name in "peks")
    if not _is_plain(person) or not _is_plain(key_id):
        raise LinkMalformedError("the link's person or key id cannot be read")
    if not _EXPIRY.fullmatch(expiry) or not _SIGNATURE.fullmatch(given):
        raise LinkMalformedError("the link's expiry or signature cannot be read")
    return person, expiry, key_id, given


def _is_plain(value: str) -> bool:
    return 0 < len(value) <= _LONGEST_FIELD and value.isprintable()


def _signature(secret: bytes, approval_id: str, person: str, expiry: str, key_id: str) -> str:
    # A JSON list, not a joined text: no two different lists of fields give the same bytes.
    message = json.dumps(["slipway link 1", approval_id, person, expiry, key_id]).encode("ascii")
    digest = hmac.new(secret, message, hashlib.sha256).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def _epoch(moment: datetime | int) -> int:
    if isinstance(moment, int):
        return moment
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return int(moment.timestamp())
