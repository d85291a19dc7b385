"""When a schedule is due, and what its target is told."""

import time
from pathlib import Path
from typing import Any

import pytest

from localcloud.repairs.scheduler_firing import AT_ONCE, SHORTENED, due_time, filled, taken

NOW = 1_780_000_000.0


def at(moment: float, **changed: Any) -> dict[str, Any]:
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment))
    return {
        "State": "ENABLED",
        "ScheduleExpression": f"at({text})",
        "CreationDate": NOW - 1000,
        "LastModificationDate": NOW - 100,
        **changed,
    }


def test_a_one_time_schedule_fires_when_its_moment_has_passed_and_once() -> None:
    assert due_time(at(NOW + 1), None, NOW) is None
    assert due_time(at(NOW - 1), None, NOW) == NOW - 1
    assert due_time(at(NOW - 1), NOW - 1, NOW) is None


def test_one_that_is_written_again_fires_again() -> None:
    assert due_time(at(NOW - 1, LastModificationDate=NOW - 5), NOW - 50, NOW) == NOW - 1


def test_a_disabled_schedule_and_one_outside_its_dates_do_not_fire() -> None:
    assert due_time(at(NOW - 1, State="DISABLED"), None, NOW) is None
    assert due_time(at(NOW - 1, StartDate=NOW + 5), None, NOW) is None
    assert due_time(at(NOW - 1, EndDate=NOW - 5), None, NOW) is None


def test_the_local_cloud_alone_can_shorten_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SHORTENED, "60")
    assert due_time(at(NOW + 900), None, NOW) == NOW - 40
    assert due_time(at(NOW + 900, LastModificationDate=NOW - 59), None, NOW) is None


def test_a_rate_counts_from_its_creation_and_then_from_its_last_firing() -> None:
    every = {**at(NOW), "ScheduleExpression": "rate(10 minutes)"}
    assert due_time(every, None, NOW) == NOW - 400
    assert due_time(every, NOW - 599, NOW) is None
    assert due_time(every, NOW - 600, NOW) == NOW


def test_a_schedule_that_is_asked_for_fires_at_once_unless_it_is_disabled() -> None:
    monthly = {**at(NOW), "ScheduleExpression": "rate(30 days)"}
    assert due_time(monthly, None, NOW) is None
    assert due_time(monthly, None, NOW, at_once=True) == NOW
    assert due_time({**monthly, "State": "DISABLED"}, None, NOW, at_once=True) is None


def test_who_is_asked_for_is_taken_once_and_only_whole_lines(tmp_path: Path) -> None:
    file = tmp_path / AT_ONCE
    assert taken(file) == set()
    file.write_text("nightly\nhalf a na")
    assert taken(file) == set()
    file.write_text("nightly\nweekly\n")
    assert taken(file) == {"nightly", "weekly"}
    assert taken(file) == set()


def test_a_targets_input_says_for_when_it_was_scheduled() -> None:
    said = filled('{"id": "<aws.scheduler.scheduled-time>", "n": <aws.scheduler.attempt-number>}',
                  "arn:x", NOW)  # fmt: skip
    assert said == '{"id": "2026-05-28T20:26:40Z", "n": 1}'
