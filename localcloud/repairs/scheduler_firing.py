"""Schedules fire as EventBridge Scheduler fires them: context attributes, and one time only.

The faults: ministack 1.5.33 does not fill in `<aws.scheduler.scheduled-time>` and its like in a
target's Input, so every firing says the same; it deletes a one-time schedule by name after it has
fired, also one that was put off in that moment; and it looks every ten seconds only.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html

`SLIPWAY_ONE_TIME_SECONDS` in this process's environment makes one-time schedules fire that long
after they were last written, whatever they say: tests and demos need not wait for the real time.
A recurring one fires at once, besides, when the file ``due-schedules`` in the home has its name in
a line; the file is taken away.
"""

import os
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from localcloud.context import Context
from localcloud.repairs import base

TICK_SECONDS = 0.5
SHORTENED = "SLIPWAY_ONE_TIME_SECONDS"
AT_ONCE = "due-schedules"


def install(context: Context) -> None:
    """Put our sweep in the place of the base's."""
    from ministack.services import scheduler

    base.replace(scheduler, "_tick_schedules", "427b087911277a43", partial(tick, context.home))
    scheduler._SCHEDULE_TICK_INTERVAL = TICK_SECONDS


def tick(home: Path) -> None:
    """Fire every schedule that is due."""
    from ministack.services import scheduler

    before = scheduler.get_account_id(), scheduler.get_region()
    now, at_once = time.time(), taken(home / AT_ONCE)
    try:
        for place, schedule in list(scheduler._schedules._data.items()):
            fired = scheduler._schedule_last_fired.get(place)
            due = due_time(schedule, fired, now, at_once=schedule["Name"] in at_once)
            if due is None:
                continue
            one_time = schedule["ScheduleExpression"].strip().startswith("at(")
            if one_time and schedule.get("ActionAfterCompletion") == "DELETE":
                # Before it fires: one that is made meanwhile is another.
                scheduler._schedules._data.pop(place, None)
                scheduler._schedule_last_fired.pop(place, None)
            else:
                scheduler._schedule_last_fired[place] = now
            scheduler.set_request_account_id(place[0])
            scheduler.set_request_region(place[1])
            _invoke(schedule, due)
    finally:
        scheduler.set_request_account_id(before[0])
        scheduler.set_request_region(before[1])


def taken(file: Path) -> set[str]:
    """The whole lines of a file, which is taken away; none while it is being written."""
    text = file.read_text() if file.exists() else ""
    if not text.endswith("\n"):
        return set()
    file.unlink()
    return set(text.split())


def due_time(
    schedule: Mapping[str, Any], fired: float | None, now: float, at_once: bool = False
) -> float | None:
    """The time for which `schedule` fires now (epoch seconds), or None.

    `fired` is when it did so last; `at_once` asks for it, whatever its expression says.
    """
    from ministack.services import eventbridge, scheduler

    start, end = (scheduler._to_epoch(schedule.get(name)) for name in ("StartDate", "EndDate"))
    if schedule.get("State") != "ENABLED" or (start or 0) > now or now > (end or now):
        return None
    if at_once:
        return now
    expression = schedule.get("ScheduleExpression", "")
    once = scheduler._at_time_epoch(expression)
    if once is not None:
        written = float(schedule["LastModificationDate"])
        shortened = os.environ.get(SHORTENED)
        moment = min(once, written + float(shortened)) if shortened else once
        has_fired = fired is not None and fired >= written
        return moment if moment <= now and not has_fired else None
    last = fired if fired is not None else float(schedule["CreationDate"])
    interval = eventbridge._parse_rate_seconds(expression)
    if interval is not None:
        return last + interval if now >= last + interval else None
    fields = eventbridge._parse_cron_fields(expression)
    following = fields and eventbridge._cron_next_fire(fields, datetime.fromtimestamp(last, UTC))
    return following.timestamp() if following and following.timestamp() <= now else None


def _invoke(schedule: Mapping[str, Any], due: float) -> None:
    from ministack.services import eventbridge, scheduler

    target = dict(schedule["Target"])
    if target.get("Input"):
        target["Input"] = filled(target["Input"], schedule["Arn"], due)
    event = {
        "EventId": str(uuid.uuid4()),
        "Source": "aws.scheduler",
        "DetailType": "Scheduled Event",
        "Detail": "{}",
        "Time": due,
        "Resources": [schedule["Arn"]],
        "Account": scheduler.get_account_id(),
        "Region": scheduler.get_region(),
    }
    try:
        eventbridge._invoke_target(target, event, schedule)
    except Exception:
        scheduler.logger.exception("Schedule %s could not start its target", schedule["Arn"])


def filled(text: str, arn: str, due: float) -> str:
    """`text` with Scheduler's context attributes filled in."""
    values = {
        "schedule-arn": arn,
        "scheduled-time": f"{datetime.fromtimestamp(due, UTC):%Y-%m-%dT%H:%M:%SZ}",
        "execution-id": str(uuid.uuid4()),
        "attempt-number": "1",
    }
    for name, value in values.items():
        text = text.replace(f"<aws.scheduler.{name}>", value)
    return text
