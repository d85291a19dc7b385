"""Secrets of the stack: the keys that sign links, and what GitHub and Slipway know of each other.

Of the links' key the one before is kept too, so that rotation breaks no open link.
"""

import json
import time
from dataclasses import dataclass

from adapters import aws

CACHE_SECONDS = 300
_cache: dict[str, tuple[float, "Keys"]] = {}


@dataclass(frozen=True)
class Keys:
    """Key ids (the secret's version ids) to keys; `newest` is the one that signs."""

    newest: str
    by_id: dict[str, bytes]


def link_keys(secret_arn: str) -> Keys:
    """The current and the previous key, kept for five minutes in a warm function."""
    kept = _cache.get(secret_arn)
    if kept and kept[0] > time.monotonic():
        return kept[1]
    secrets = aws.client("secretsmanager")
    current = secrets.get_secret_value(SecretId=secret_arn, VersionStage="AWSCURRENT")
    by_id = {current["VersionId"]: _key(current["SecretString"])}
    try:
        previous = secrets.get_secret_value(SecretId=secret_arn, VersionStage="AWSPREVIOUS")
        by_id[previous["VersionId"]] = _key(previous["SecretString"])
    except secrets.exceptions.ResourceNotFoundException:
        pass  # It has never been rotated.
    keys = Keys(current["VersionId"], by_id)
    _cache[secret_arn] = (time.monotonic() + CACHE_SECONDS, keys)
    return keys


def _key(secret: str) -> bytes:
    return str(json.loads(secret)["key"]).encode()


@dataclass(frozen=True)
class GitHub:
    """`key` signs GitHub's webhooks; `token` reads the repository, empty for a public one."""

    key: bytes
    token: str


def github(secret_arn: str) -> GitHub:
    """The stack's GitHub secret, read each time it is needed: a new token works at once."""
    stored = aws.client("secretsmanager").get_secret_value(SecretId=secret_arn)
    document = json.loads(stored["SecretString"])
    return GitHub(str(document["webhook_secret"]).encode(), str(document.get("token") or ""))
