"""Secrets of the stack: the keys that sign links, and what GitHub and Slack know of Slipway.

Links name their key by the secret's version id. The version before the current one still opens
links, so that rotation breaks none; a second rotation ends the links of the first key.
"""

import json
import re
import time
from dataclasses import dataclass, fields

from adapters import aws

CACHE_SECONDS = 300
_LONGEST_CACHE = 16
_VERSION_ID = re.compile(r"[A-Za-z0-9-]{32,64}")
_VALID = {"AWSCURRENT", "AWSPREVIOUS"}
_cache: dict[tuple[str, str], tuple[float, str, bytes]] = {}


def signing_key(secret_arn: str) -> tuple[str, bytes]:
    """Id and key to sign a link with now; a rotation is seen within five minutes."""
    return _kept(secret_arn, "") or _read(secret_arn, "")


def verifying_keys(secret_arn: str, key_id: str) -> dict[str, bytes]:
    """The key that a link names, by its id; {} if there is none, or one rotated out twice since.

    One call at most, so that a page costs no more with an old link than with a new one.
    """
    if not _VERSION_ID.fullmatch(key_id):
        return {}
    kept = _kept(secret_arn, key_id)
    if kept is None:
        secrets = aws.client("secretsmanager")
        try:
            kept = _read(secret_arn, key_id)
        except (
            secrets.exceptions.ResourceNotFoundException,
            secrets.exceptions.InvalidRequestException,
            secrets.exceptions.InvalidParameterException,
        ):
            return {}
    return {key_id: kept[1]} if kept[1] else {}


def _read(secret_arn: str, key_id: str) -> tuple[str, bytes]:
    """One version of the secret; an empty key for a version that has been rotated out."""
    wanted = {"VersionId": key_id} if key_id else {"VersionStage": "AWSCURRENT"}
    stored = aws.client("secretsmanager").get_secret_value(SecretId=secret_arn, **wanted)
    is_valid = _VALID & set(stored.get("VersionStages") or ())
    key = str(json.loads(stored["SecretString"])["key"]).encode() if is_valid else b""
    if len(_cache) >= _LONGEST_CACHE:
        _cache.clear()
    _cache[secret_arn, key_id] = (time.monotonic() + CACHE_SECONDS, stored["VersionId"], key)
    return str(stored["VersionId"]), key


def _kept(secret_arn: str, key_id: str) -> tuple[str, bytes] | None:
    until, version, key = _cache.get((secret_arn, key_id), (0.0, "", b""))
    return (version, key) if until > time.monotonic() else None


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


@dataclass(frozen=True)
class SlackSecret:
    """What Slack and Slipway know of each other; all empty where Slack is not used.

    `webhook_url` posts to one channel. With `bot_token` messages go to `channel` and are replaced
    by the outcome; with `signing_secret` as well they have buttons.
    """

    webhook_url: str = ""
    signing_secret: str = ""
    bot_token: str = ""
    channel: str = ""

    @property
    def is_app(self) -> bool:
        """Whether messages are posted by a bot that can replace them."""
        return bool(self.bot_token and self.channel)


def slack(secret_arn: str) -> SlackSecret:
    """The stack's Slack secret, read each time it is needed: a new token works at once."""
    stored = aws.client("secretsmanager").get_secret_value(SecretId=secret_arn)
    document = json.loads(stored["SecretString"])
    return SlackSecret(*(str(document.get(f.name) or "").strip() for f in fields(SlackSecret)))
