"""Pipelines that fail: who waits hears at once, and an hour of failures is one message."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from reconcile import reconciling
from report_pipeline import reporting

from adapters import aws, building, failures, pipelines, training
from adapters.joblogs import JobLog
from adapters.mailer import Mailer
from adapters.providers import Providers
from domain import building as rules
from domain import flood
from domain import ledger as keys
from domain.mail import Mail
from tests.support.product import ADA, COMMIT, NOW, World

HOUR = timedelta(hours=1)
PIPELINE, MONITOR = "slipway", "slipway-drift"
RECONCILE = "arn:aws:lambda:us-east-1:123456789012:function:reconcile"
FAILS = {
    "Train": {"StepName": "Train", "StepStatus": "Failed", "FailureReason": "out of\nmemory"},
    "Gate": {
        "StepName": "NotGoodEnough", "StepStatus": "Failed",
        "Metadata": {"Fail": {"ErrorMessage": "auc 0.6 (at least 0.85)"}},
    },
}  # fmt: skip
Report = Callable[..., dict[str, Any]]


@pytest.fixture(name="letters")
def _letters(world: World, monkeypatch: pytest.MonkeyPatch) -> list[Mail]:
    """The mails as one of the approvers gets them."""
    found: list[Mail] = []

    def send(_: Mailer, mail: Mail, people: list[str]) -> None:
        if ADA not in people:
            return
        if world.mail_fails():
            raise RuntimeError("SES throttles")
        found.append(mail)

    monkeypatch.setattr(Mailer, "send", send)
    return found


@pytest.fixture(name="report")
def _report(world: World, monkeypatch: pytest.MonkeyPatch) -> Report:
    """Report the end of a run that failed at a step, as its event does."""
    steps = {}

    def run(arn: str) -> pipelines.Run:
        return pipelines.Run(arn, "Failed", "", {"CommitId": COMMIT}, (steps[arn],))

    def report(
        arn: str,
        minute: float = 0,
        step: str = "Train",
        mode: str = "first-at-once",
        ended_at: str = "",
    ) -> dict[str, Any]:
        steps[arn] = FAILS[step]
        settings = reporting.Settings(
            **world.settings.__dict__, pipeline_name=PIPELINE, failure_notices=mode,
            dead_letters_arn="arn:aws:sqs:us-east-1:123456789012:dead",
            reconcile_function_arn=RECONCILE,
            schedule_role_arn="arn:aws:iam::123456789012:role/schedules",
        )  # fmt: skip
        return reporting.report(arn, settings, NOW + timedelta(minutes=minute), ended_at)

    monkeypatch.setattr(pipelines, "run", run)
    monkeypatch.setattr(failures.joblogs, "of_step", lambda _: JobLog(("the end",), "https://log"))
    return report


def hour_ends(world: World, now: datetime, at: str = "") -> list[str]:
    """`reconcile`, called by the schedule that says `at`, or by its own clock."""
    settings = reconciling.Settings(
        **world.settings.__dict__, branch="main", pipeline_name=PIPELINE,
        model_package_group_name="slipway", monitor_pipeline_name=MONITOR,
    )  # fmt: skip
    ended = datetime.fromisoformat(at) if at else now
    return reconciling.reconcile(settings, now, ended)["failures"]


def schedule(name: str = f"{PIPELINE}-failures") -> dict[str, Any]:
    """The one-time schedule."""
    found: dict[str, Any] = aws.client("scheduler").get_schedule(Name=name)
    return found


def test_ten_failures_in_an_hour_are_exactly_one_message_with_the_count(
    world: World, letters: list[Mail], report: Report
) -> None:
    for number in range(10):
        step = "Gate" if number in {2, 5} else "Train"
        assert not report(f"arn:{number}", number, step, "one-an-hour")["told"]
        # Its event comes again.
        assert not report(f"arn:{number}", number + 1, step, "one-an-hour")["told"]
    assert letters == []

    assert hour_ends(world, NOW + HOUR - timedelta(seconds=1)) == []
    assert hour_ends(world, NOW + HOUR) == [PIPELINE]
    assert hour_ends(world, NOW + 2 * HOUR) == []
    (mail,) = letters
    assert mail.subject == "[churn] slipway failed 10 times within the hour"
    said = " ".join(mail.text.split())
    assert "Failed at a step 8" in said
    assert "Gate not met 2" in said
    assert said.count("Train: out of memory") == 8
    assert said.count("NotGoodEnough: auc 0.6") == 2
    assert "the end" in said
    assert "https://log" in said


def test_the_hours_end_is_a_one_time_schedule_that_calls_reconcile(
    world: World, letters: list[Mail], report: Report
) -> None:
    report("arn:1", 0, mode="one-an-hour")
    report("arn:2", 30, mode="one-an-hour")

    found = schedule()
    assert found["ScheduleExpression"] == f"at({NOW + HOUR:%Y-%m-%dT%H:%M:%S})"
    assert found["ActionAfterCompletion"] == "DELETE"
    assert found["Target"]["Arn"] == RECONCILE
    # The clock of the function that it calls may be behind.
    at = json.loads(found["Target"]["Input"])["at"]
    assert hour_ends(world, NOW + HOUR - timedelta(seconds=3), at) == [PIPELINE]
    assert len(letters) == 1


def test_who_waits_hears_of_the_first_failure_at_once_and_of_the_others_as_one_number(
    world: World, letters: list[Mail], report: Report
) -> None:
    assert report("arn:1")["told"]
    assert [mail.subject for mail in letters] == ["[churn] Pipeline failed: Train"]
    scheduler = aws.client("scheduler")
    assert scheduler.list_schedules()["Schedules"] == []

    assert not report("arn:2", 1)["told"]
    assert report("arn:3", 2, "Gate")["told"]
    assert not report("arn:4", 3, "Gate")["told"]
    assert hour_ends(world, NOW + HOUR) == [PIPELINE]
    assert [mail.subject for mail in letters[1:]] == [
        "[churn] Gate not met", "[churn] slipway failed 4 times within the hour",
    ]  # fmt: skip
    assert "was told at once" in letters[2].text


def test_an_execution_that_is_retried_and_fails_again_is_told_again(
    world: World, letters: list[Mail], report: Report
) -> None:
    assert report("arn:1", ended_at="2026-11-25T10:00:00Z")["told"]
    assert report("arn:1", ended_at="2026-11-25T10:00:00Z")["outcome"] == "told before"

    assert report("arn:1", 120, ended_at="2026-11-25T12:00:00Z")["told"]
    assert [mail.subject for mail in letters] == ["[churn] Pipeline failed: Train"] * 2

    # Within the hour it is one of the hour's failures.
    assert not report("arn:1", 130, ended_at="2026-11-25T12:10:00Z")["told"]
    assert hour_ends(world, NOW + 3 * HOUR) == [PIPELINE]
    assert letters[2].subject == "[churn] slipway failed 2 times within the hour"
    assert "the end" in letters[2].text


def test_runs_that_no_person_started_are_held_and_counted(
    world: World, letters: list[Mail], report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `start_pipeline` starts them: what it writes down is what says so."""
    from start_pipeline import starting

    built = rules.Build(COMMIT, "2026-11-23T08:00:00Z", "d", "First", {"CommitId": COMMIT})
    building.change(world.ledger, "models", "main", lambda branch: rules.built(branch, built))
    started: list[str] = []
    monkeypatch.setattr(training, "fresh", lambda *_: {"DataDigest": f"data-{len(started)}"})
    monkeypatch.setattr(training, "start", lambda *_: started[-1])
    monkeypatch.setattr(starting.champion, "parameters", lambda *_: {})
    names = starting.Settings.__dataclass_fields__
    texts = dict.fromkeys(names, "") | {
        "branch": "main", "repository": "models", "ledger_table": world.ledger.table,
        "project_name": "churn",
    }  # fmt: skip
    for number in range(10):
        started.append(f"arn:{number}")
        assert starting.again("schedule", str(number), starting.Settings(**texts), NOW)
        assert not report(f"arn:{number}", number)["told"]

    assert hour_ends(world, NOW + HOUR) == [PIPELINE]
    assert [mail.subject for mail in letters] == ["[churn] slipway failed 10 times within the hour"]
    # A person who pushes in the same hour is not kept waiting by them.
    assert report("arn:pushed", 61)["told"]


def test_a_message_that_cannot_be_sent_is_sent_by_the_next_look(
    world: World, letters: list[Mail], report: Report
) -> None:
    report("arn:1", mode="one-an-hour")
    report("arn:2", mode="one-an-hour")
    answers = iter([True])
    world.mail_fails = lambda: next(answers, False)

    with pytest.raises(RuntimeError, match="SES throttles"):
        hour_ends(world, NOW + HOUR)
    assert hour_ends(world, NOW + HOUR) == [PIPELINE]
    assert len(letters) == 1


def test_a_schedule_that_fires_while_reconcile_looks_tells_nobody_twice(
    world: World, letters: list[Mail], report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    report("arn:1", mode="one-an-hour")
    monkeypatch.setattr(Providers, "head", lambda *_: None)
    meanwhile: list[list[str]] = []
    send = Mailer.send

    def sending(mailer: Mailer, mail: Mail, people: list[str]) -> None:
        meanwhile.append(hour_ends(world, NOW + HOUR))
        send(mailer, mail, people)

    monkeypatch.setattr(Mailer, "send", sending)
    assert hour_ends(world, NOW + HOUR) == [PIPELINE]
    assert meanwhile == [[], []]
    assert len(letters) == 1
    stored = flood.from_item(world.ledger.get(keys.failures_key(PIPELINE)))
    assert stored.due == ()
