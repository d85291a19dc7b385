"""How long a release can be told to wait: its state machine ends after 60 days, whatever it does.

What settings add up to beyond that would end a release in the middle of a wait, unseen until then;
so they are refused when the commit is built.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from domain.errors import InvalidSettingsError
from domain.freeze import FreezeWindow

# Held against the state machines' own limits by tests/contract.
RELEASE = timedelta(days=60)
TURN = timedelta(days=14)
DEPLOYMENTS = 2 * timedelta(hours=12)
SPARE = timedelta(days=1)  # tests, graces and retries
LONGEST_WAITS = RELEASE - TURN - DEPLOYMENTS - SPARE

_WEEK_MINUTES = 7 * 24 * 60


def check_waits(hours: float, freeze: Sequence[FreezeWindow], keep_minutes: float) -> None:
    """Raise `InvalidSettingsError` when promotion, freeze and keeping staging wait too long."""
    waits = {
        "approvals.promotion.hours": timedelta(hours=hours),
        "approvals.promotion.freeze": longest_freeze(freeze),
        "staging.keep_minutes": timedelta(minutes=keep_minutes),
    }
    total = sum(waits.values(), timedelta())
    if total > LONGEST_WAITS:
        each = ", ".join(f"{name} {_days(wait)}" for name, wait in waits.items() if wait)
        raise InvalidSettingsError(
            f"stages.yaml: a release would wait {_days(total)} days ({each}) and can wait "
            f"{_days(LONGEST_WAITS)}: it ends after {RELEASE.days} days, its turn and its "
            "deployments included; shorten one of them"
        )


def longest_freeze(windows: Sequence[FreezeWindow]) -> timedelta:
    """The longest time that dated windows hold without a gap, and that weekly ones do.

    Raises `InvalidSettingsError` when weekly ones leave no minute of the week.
    """
    longest, until = timedelta(), None
    since = datetime.min
    dated = [(w.start, w.end) for w in windows
             if isinstance(w.start, datetime) and isinstance(w.end, datetime)]  # fmt: skip
    for start, end in sorted(dated):
        if until is None or start > until:
            since, until = start, end
        until = max(until, end)
        longest = max(longest, until - since)
    return longest + timedelta(minutes=_longest_in_a_week(windows))


def _longest_in_a_week(windows: Sequence[FreezeWindow]) -> int:
    frozen = bytearray(_WEEK_MINUTES)
    for window in windows:
        if isinstance(window.start, int) and isinstance(window.end, int):
            for minute in range((window.end - window.start) % _WEEK_MINUTES):
                frozen[(window.start + minute) % _WEEK_MINUTES] = 1
    if all(frozen):
        raise InvalidSettingsError(
            "stages.yaml: approvals.promotion.freeze leaves no minute of the week in which "
            "production may change; shorten one of the weekly windows"
        )
    # Twice, for a freeze over the turn of the week.
    return max(len(run) for run in bytes(frozen * 2).split(b"\0"))


def _days(wait: timedelta) -> str:
    return f"{wait / timedelta(days=1):.3g}"
