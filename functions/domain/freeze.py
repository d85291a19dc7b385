"""Windows of time during which a promotion waits, in UTC.

Two shapes: between two moments (`2026-12-20T00:00Z`) and every week (`Fri 16:00` to `Mon 06:00`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.errors import InvalidSettingsError

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKLY = re.compile(r"([a-z]{3})\s+([01]?[0-9]|2[0-3]):([0-5][0-9])", re.ASCII | re.IGNORECASE)
_WEEK = 7 * 24 * 60


@dataclass(frozen=True)
class FreezeWindow:
    """From `start` until (not including) `end`: moments, or minutes since Monday 00:00 UTC."""

    start: datetime | int
    end: datetime | int
    why: str = ""

    def end_at(self, now: datetime) -> datetime | None:
        """When the window that holds at `now` ends; None when it does not hold."""
        if isinstance(self.start, datetime) and isinstance(self.end, datetime):
            return self.end if self.start <= now < self.end else None
        if isinstance(self.start, int) and isinstance(self.end, int):
            return self._weekly_end(now, self.start, self.end)
        return None

    def _weekly_end(self, now: datetime, start: int, end: int) -> datetime | None:
        utc = now.astimezone(UTC)
        monday = utc.replace(hour=0, minute=0, second=0, microsecond=0)
        monday -= timedelta(days=utc.weekday())
        minute = (utc - monday) // timedelta(minutes=1)
        if (minute - start) % _WEEK >= (end - start) % _WEEK:
            return None
        return monday + timedelta(minutes=end + (_WEEK if minute >= end else 0))


def parse_window(given: Any, path: str) -> FreezeWindow:
    """One window of `freeze`; raises InvalidSettingsError naming `path` and the mend."""
    if not isinstance(given, Mapping) or not {"from", "until"} <= set(given) <= {
        "from",
        "until",
        "why",
    }:
        raise _wrong(path, "has from, until and perhaps why")
    start, end = (_bound(given[key], f"{path}.{key}") for key in ("from", "until"))
    why = str(given.get("why", ""))
    if isinstance(start, datetime) and isinstance(end, datetime):
        if start >= end:
            raise _wrong(path, "ends before it starts")
        return FreezeWindow(start, end, why)
    if isinstance(start, int) and isinstance(end, int):
        if start == end:
            raise _wrong(path, "starts and ends at the same minute, so it would never hold")
        return FreezeWindow(start, end, why)
    raise _wrong(path, "mixes a day of the week with a date; use the same kind twice")


def _bound(given: Any, path: str) -> datetime | int:
    text = str(given).strip()
    weekly = _WEEKLY.fullmatch(text)
    if weekly and weekly[1].lower() in _DAYS:
        return (_DAYS.index(weekly[1].lower()) * 24 + int(weekly[2])) * 60 + int(weekly[3])
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _wrong(path, f"is {text!r}; write 2026-12-20T00:00Z or Fri 16:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _wrong(path: str, what: str) -> InvalidSettingsError:
    return InvalidSettingsError(f"stages.yaml: {path} {what}")
