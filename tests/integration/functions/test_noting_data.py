"""Files that arrive become one run, also when they never stop coming."""

import importlib
import sys
from datetime import UTC, datetime, timedelta
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from moto.scheduler.models import scheduler_backends

from adapters import aws
from tests.support import template
from tests.support.product import World

NAME = "slipway-data"
QUIET = timedelta(minutes=10)
STACK = {
    "DATA_PREFIX": "data/",
    "DEAD_LETTERS_ARN": "arn:aws:sqs:us-east-1:123456789012:dead",
    "QUIET_MINUTES": "10",
    "SCHEDULE_NAME": NAME,
    "SCHEDULE_ROLE_ARN": "arn:aws:iam::123456789012:role/schedules",
    "START_PIPELINE_FUNCTION_ARN": "arn:aws:lambda:us-east-1:123456789012:function:start",
}
ARRIVED = {
    "id": "e",
    "detail": {"bucket": {"name": "artifacts"}, "object": {"key": "data/new.csv", "size": 5}},
}
CONTEXT = SimpleNamespace(
    function_name="note_data", memory_limit_in_mb=512, aws_request_id="r",
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:note_data",
)  # fmt: skip


@pytest.fixture(name="note_data")
def _note_data(world: World, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The handler as it starts in this stack."""
    assert world.started == {}
    for name, value in template.environment(template.functions()["NoteDataFunction"]).items():
        monkeypatch.setenv(name, value)
    for name, value in STACK.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delitem(sys.modules, "note_data.handler", raising=False)
    return importlib.import_module("note_data.handler")


def arrive(note_data: ModuleType) -> datetime:
    """A file comes; when training starts by what the schedule says then."""
    said = note_data.handler(ARRIVED, CONTEXT)
    written = scheduled()["ScheduleExpression"]
    at = datetime.strptime(written, "at(%Y-%m-%dT%H:%M:%S)").replace(tzinfo=UTC)
    assert datetime.fromisoformat(said["scheduled"]) == at
    return at


def scheduled() -> dict[str, Any]:
    found: dict[str, Any] = aws.client("scheduler").get_schedule(Name=NAME)
    return found


def made(ago: timedelta, expression: str = "") -> None:
    """The schedule as if its first file had come that long ago."""
    kept = scheduler_backends["123456789012"]["us-east-1"].schedule_groups["default"].schedules
    kept[NAME].creation_date = (datetime.now(UTC) - ago).timestamp()
    if expression:
        kept[NAME].schedule_expression = expression


def test_each_file_puts_the_run_off_by_the_quiet_time(note_data: ModuleType) -> None:
    first = arrive(note_data)
    made(ago=timedelta(hours=1), expression="at(2026-11-25T10:00:00)")

    second = arrive(note_data)

    assert second >= first
    assert abs(second - datetime.now(UTC) - QUIET) < timedelta(seconds=30)


def test_files_that_never_stop_coming_are_trained_on_nevertheless(note_data: ModuleType) -> None:
    arrive(note_data)
    made(ago=timedelta(minutes=115))

    last = arrive(note_data)

    assert abs(last - datetime.now(UTC) - timedelta(minutes=5)) < timedelta(seconds=30)
    assert arrive(note_data) == last

    # It has fired, and is not taken away yet: what came just now is another run.
    made(ago=timedelta(minutes=125))
    after = arrive(note_data)
    assert abs(after - datetime.now(UTC) - timedelta(minutes=1)) < timedelta(seconds=30)


def test_an_empty_object_schedules_nothing(note_data: ModuleType) -> None:
    empty = {"id": "e", "detail": {"bucket": {"name": "b"}, "object": {"key": "data/", "size": 0}}}

    assert note_data.handler(empty, CONTEXT) == {"scheduled": None}
