"""Which endpoint configs stay: the live one, and the last ones that were good."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

KEEP_GOOD = 3


@dataclass(frozen=True)
class Good:
    """A config that ran: what rolling back goes to, once production was `verified` with it."""

    config: str
    model: str
    model_package_arn: str
    release_id: str
    is_serverless: bool = False
    verified: bool = True


def remember(good: Sequence[Good], now_live: Good, keep: int = KEEP_GOOD) -> list[Good]:
    """The good configs, newest first, after `now_live` was deployed: `keep` of them.

    And what going back goes to, however often the live version was released since.
    """
    others = [old for old in good if old.config != now_live.config and old.verified]
    found = [now_live, *others]
    back = last_good(found)
    kept = found[:keep]
    return kept if back is None or back in kept else [*kept, back]


def judged(good: Sequence[Good], release_id: str, passed: bool) -> list[Good]:
    """The good configs after production was tested with a release's."""
    return [replace(e, verified=passed) if e.release_id == release_id else e for e in good]


def last_good(
    good: Sequence[Good], is_approved: Callable[[str], bool] = lambda _: True
) -> Good | None:
    """What going back goes to: the newest good config of another version than the live one.

    `is_approved` says of a version's ARN whether it may still run. Not a serverless one from
    instances: SageMaker does not turn an endpoint into that.
    """
    if not good:
        return None
    live = good[0]
    return next(
        (
            entry
            for entry in good[1:]
            if entry.verified
            and entry.model_package_arn != live.model_package_arn
            and (live.is_serverless or not entry.is_serverless)
            and is_approved(entry.model_package_arn)
        ),
        None,
    )


def superfluous(existing: Sequence[str], live: str | None, good: Sequence[Good]) -> list[str]:
    """The configs of an endpoint that are neither live nor among the good ones."""
    needed = {entry.config for entry in good} | ({live} if live else set())
    return sorted(set(existing) - needed)


def to_items(good: Sequence[Good]) -> list[dict[str, Any]]:
    """For the ledger."""
    return [vars(entry).copy() for entry in good]


def from_items(items: Sequence[Mapping[str, Any]]) -> list[Good]:
    """The reverse of `to_items`."""
    return [Good(**item) for item in items]
