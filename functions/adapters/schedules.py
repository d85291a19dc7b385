"""EventBridge Scheduler: one-time schedules under a fixed name; a later one puts it off."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from adapters import aws

ATTEMPTS = 3


class ScheduleMovedError(RuntimeError):
    """A schedule fired, again and again, while it was written; the caller is retried."""


@dataclass(frozen=True)
class Target:
    """A function, the role that may invoke it, where failures go, and what it is told."""

    function_arn: str
    role_arn: str
    dead_letters_arn: str
    value: Mapping[str, Any]


def once(name: str, at: datetime, target: Target, description: str) -> None:
    """Invoke `target` at `at` (UTC, whole seconds), then forget the schedule.

    A schedule of that name which has not fired is put off: one run for all that came meanwhile.
    """
    scheduler = aws.client("scheduler")
    request = _request(name, at, target, description)
    for _ in range(ATTEMPTS):
        try:
            scheduler.create_schedule(**request)
            return
        except scheduler.exceptions.ConflictException:
            pass
        try:
            scheduler.update_schedule(**request)
            return
        except scheduler.exceptions.ResourceNotFoundException:
            pass  # It fired and was deleted just now.
    raise ScheduleMovedError(name)


def latest(name: str, most: timedelta) -> datetime | None:
    """Until when a schedule may be put off: `most` after it was made; None if there is none."""
    scheduler = aws.client("scheduler")
    try:
        made: datetime = scheduler.get_schedule(Name=name)["CreationDate"]
    except scheduler.exceptions.ResourceNotFoundException:
        return None
    return made + most


def _request(name: str, at: datetime, target: Target, description: str) -> dict[str, Any]:
    return {
        "Name": name,
        "Description": description,
        "ScheduleExpression": f"at({at:%Y-%m-%dT%H:%M:%S})",
        "ScheduleExpressionTimezone": "UTC",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "ActionAfterCompletion": "DELETE",
        "Target": {
            "Arn": target.function_arn,
            "RoleArn": target.role_arn,
            "Input": json.dumps(target.value),
            "DeadLetterConfig": {"Arn": target.dead_letters_arn},
            "RetryPolicy": {"MaximumRetryAttempts": 5, "MaximumEventAgeInSeconds": 3600},
        },
    }
