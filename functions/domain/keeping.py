"""Which endpoint configs stay: the live one, and the last ones that were good."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

KEEP_GOOD = 3


@dataclass(frozen=True)
class Good:
    """A config that ran and was proven: what rolling back goes to."""

    config: str
    model: str
    model_package_arn: str
    release_id: str
    is_serverless: bool = False


def remember(good: Sequence[Good], now_live: Good, keep: int = KEEP_GOOD) -> list[Good]:
    """The good configs, newest first, after `now_live` was deployed; `keep` of them."""
    others = [old for old in good if old.config != now_live.config]
    return [now_live, *others][:keep]


def last_good(good: Sequence[Good]) -> Good | None:
    """What going back goes to: the newest good config of another version than the live one.

    Not a serverless one from instances: SageMaker does not turn an endpoint into that.
    """
    if not good:
        return None
    live = good[0]
    return next(
        (
            old
            for old in good[1:]
            if old.model_package_arn != live.model_package_arn
            and (live.is_serverless or not old.is_serverless)
        ),
        None,
    )


def superfluous(existing: Sequence[str], live: str | None, good: Sequence[Good]) -> list[str]:
    """The configs of an endpoint that are neither live nor among the good ones."""
    needed = {entry.config for entry in good} | ({live} if live else set())
    return sorted(set(existing) - needed)


def to_items(good: Sequence[Good]) -> list[dict[str, str]]:
    """For the ledger."""
    return [vars(entry).copy() for entry in good]


def from_items(items: Sequence[Mapping[str, Any]]) -> list[Good]:
    """The reverse of `to_items`."""
    return [Good(**item) for item in items]
