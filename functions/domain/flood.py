"""Failures of one pipeline within an hour: the first is told at once, the others as one number.

Pure transitions of one ledger item. An execution is counted once, however often its end is told.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

HOUR = timedelta(hours=1)
KEPT = 200


@dataclass(frozen=True)
class Window:
    """An hour of failures of one kind. `executions` in their order, `told` how many mails counted.

    `since` is epoch seconds, 0 before anything failed.
    """

    since: int = 0
    executions: tuple[str, ...] = ()
    told: int = 0
    revision: int = 0


def add(window: Window, execution: str, now: datetime) -> Window:
    """A failure; the first after an hour opens a new window.

    A window that still owes its count is not closed: `owes` is asked before, and `settled` ends it.
    """
    if execution in window.executions:
        return window
    if _is_over(window, now) and not owes(window, now):
        window = Window(int(now.timestamp()), revision=window.revision)
    return replace(window, executions=(*window.executions, execution)[:KEPT])


def is_first(window: Window, execution: str) -> bool:
    """Whether this failure is the one that is told at once, and nobody was yet."""
    return window.told == 0 and window.executions[:1] == (execution,)


def owes(window: Window, now: datetime) -> int:
    """How many failures there were in an hour that is over and of which one alone was told; or 0.

    One whose only failure could not be told is tried again by its own event, not by the hour.
    """
    count = len(window.executions)
    return count if _is_over(window, now) and 0 < window.told < count else 0


def told(window: Window, count: int) -> Window:
    """People have heard of `count` failures."""
    return replace(window, told=max(window.told, count))


def _is_over(window: Window, now: datetime) -> bool:
    return now.timestamp() >= window.since + HOUR.total_seconds()


def to_item(window: Window) -> dict[str, Any]:
    """The ledger's item."""
    return {**asdict(window), "executions": list(window.executions)}


def from_item(item: Mapping[str, Any] | None) -> Window:
    """The window in an item; an empty one without."""
    known = item or {}
    return Window(
        int(known.get("since", 0)),
        tuple(known.get("executions", ())),
        int(known.get("told", 0)),
        int(known.get("revision", 0)),
    )
