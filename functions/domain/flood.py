"""Failures of one pipeline within an hour: one message with a count, whatever their kinds.

Pure transitions of one ledger item. A failure that a person waits for may be told at once; all
others are held until the hour is over, and are one message then. An execution is counted once,
however often and late its end is told. Who is to tell claims it first: of two, one tells; if that
one dies, the claim ends and the next one who looks tells.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

HOUR = timedelta(hours=1)
CLAIMED = timedelta(minutes=3)  # longer than any function that tells may run
KEPT = 300  # two hours of them fit into an item of DynamoDB (400 KB)
SAID = 160
ONE_AN_HOUR = "one-an-hour"


@dataclass(frozen=True)
class Failure:
    """One execution that failed. `said` is step and reason, `awaited` that a person started it.

    `execution` is its ARN and, after a blank, when it ended: one that is retried ends again.
    `at` and `claimed` are epoch seconds: when it was told of, until when somebody is telling it.
    """

    execution: str
    kind: str
    said: str
    at: int
    awaited: bool = False
    told: bool = False
    claimed: int = 0


@dataclass(frozen=True)
class Window:
    """`failures` of the hour that began at `since`, and those of hours before that are `due`.

    `before` are the executions of the last hour: an end that is told late is not counted again.
    """

    since: int = 0
    failures: tuple[Failure, ...] = ()
    due: tuple[Failure, ...] = ()
    before: tuple[str, ...] = ()
    revision: int = 0

    @property
    def ends(self) -> datetime:
        """When the hour is over."""
        return datetime.fromtimestamp(self.since, UTC) + HOUR

    def holds(self, execution: str) -> bool:
        """Whether that failure waits for the hour to be over."""
        return any(f.execution == execution and not f.told for f in self.failures)


Step = tuple[Window, tuple[Failure, ...]]


def count(window: Window, failure: Failure, mode: str, now: datetime) -> Step:
    """A failure; what the caller has to tell at once: the first of a kind that a person awaits.

    Another kind is news: who mended a failure and now misses the gate hears of it.
    """
    window = _roll(window, now)
    if not _knows(window, failure.execution):
        since = window.since if window.failures else failure.at
        kept = (*window.failures, failure)[:KEPT]
        window = replace(window, since=since, failures=kept)
    first = next((f for f in window.failures if f.awaited and f.kind == failure.kind), failure)
    if mode == ONE_AN_HOUR or not first.awaited or first.execution != failure.execution:
        return window, ()
    if not window.holds(first.execution) or _is_taken(first, now):
        return window, ()
    return _claim(window, {first.execution}, now), (first,)


def settle(window: Window, now: datetime) -> Step:
    """What the caller has to tell now: the failures of hours that are over, all in one message."""
    window = _roll(window, now)
    waiting = [f for f in window.due if not f.told]
    if not waiting or any(_is_taken(f, now) for f in waiting):
        return window, ()
    return _claim(window, {f.execution for f in waiting}, now), window.due


def told(window: Window, failures: Collection[Failure]) -> Window:
    """People have heard of these."""
    known = {f.execution for f in failures}
    window = _mark(window, known, told=True)
    return window if any(not f.told for f in window.due) else replace(window, due=())


def not_told(window: Window, failures: Collection[Failure]) -> Window:
    """Telling them failed: whoever looks next may try at once."""
    return _mark(window, {f.execution for f in failures}, claimed=0)


def _roll(window: Window, now: datetime) -> Window:
    """Close an hour that is over; what was told of in full is forgotten."""
    if not window.failures or now < window.ends:
        return window
    owed = window.failures if any(not f.told for f in window.failures) else ()
    ids = tuple(f.execution for f in window.failures)
    return replace(window, since=0, failures=(), due=(*window.due, *owed), before=ids)


def _knows(window: Window, execution: str) -> bool:
    listed = {f.execution for f in (*window.failures, *window.due)}
    return execution in listed or execution in window.before


def _is_taken(failure: Failure, now: datetime) -> bool:
    return failure.told or failure.claimed > now.timestamp()


def _claim(window: Window, executions: Collection[str], now: datetime) -> Window:
    return _mark(window, executions, claimed=int((now + CLAIMED).timestamp()))


def _mark(window: Window, executions: Collection[str], **values: Any) -> Window:
    def marked(failures: tuple[Failure, ...]) -> tuple[Failure, ...]:
        return tuple(replace(f, **values) if f.execution in executions else f for f in failures)

    return replace(window, failures=marked(window.failures), due=marked(window.due))


def to_item(window: Window) -> dict[str, Any]:
    """The ledger's item."""
    return {
        "since": window.since,
        "failures": [asdict(one) for one in window.failures],
        "due": [asdict(one) for one in window.due],
        "before": list(window.before),
        "revision": window.revision,
    }


def from_item(item: Mapping[str, Any] | None) -> Window:
    """The window in an item; an empty one without."""
    known = item or {}
    return Window(
        int(known.get("since", 0)),
        tuple(Failure(**one) for one in known.get("failures", ())),
        tuple(Failure(**one) for one in known.get("due", ())),
        tuple(known.get("before", ())),
        int(known.get("revision", 0)),
    )
