"""Which captured requests are looked at, and what follows from the figures."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from domain import events, monitoring
from domain.mails_of_runs import drift_mail
from domain.monitoring import Drift
from tests.support.aws_models import service
from tests.support.recorded import event

NOON = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
REPORT: dict[str, Any] = {
    "outcome": "compared", "version": "7", "requests": 900, "rows": 1200, "unreadable": 3,
    "first": "2026-11-22T12:31:00Z", "last": "2026-11-23T12:29:00Z", "limit": 0.2,
    "columns": [
        {"column": "Day Mins", "psi": 1.25, "most": "above 250: 10.0% before, 61.0% now"},
        {"column": "Größe", "psi": 0.31, "most": "up to 1: 10.0% before, 25.0% now"},
        {"column": "State", "psi": 0.0, "most": "'OH': 2.0% before, 2.1% now"},
    ],
    "drifted": ["Day Mins", "Größe"],
}  # fmt: skip


def drift(**other: Any) -> Drift:
    found = monitoring.parse({**REPORT, **other}, "s3://artifacts/drift.json")
    assert found is not None
    return found


def test_the_window_is_its_hours_and_the_one_that_has_begun() -> None:
    found = list(monitoring.hours("shop", NOON, 24))

    assert found[0] == "capture/shop/shop/AllTraffic/2026/11/22/12/"
    assert found[-1] == "capture/shop/shop/AllTraffic/2026/11/23/12/"
    assert len(found) == len(set(found)) == 25


def test_the_manifest_names_each_object_below_the_bucket() -> None:
    said = json.loads(monitoring.manifest("artifacts", ["capture/b.jsonl", "capture/a.jsonl"]))

    assert said == [{"prefix": "s3://artifacts/"}, "capture/a.jsonl", "capture/b.jsonl"]


def test_too_few_requests_are_no_drift_and_no_figure() -> None:
    few = {**REPORT, "outcome": "too_few_requests", "columns": [], "drifted": []}

    assert monitoring.parse(few, "s3://artifacts/drift.json") is None


def test_the_figures_are_metrics_that_cloudwatch_takes() -> None:
    from botocore.validate import ParamValidator

    data = monitoring.metrics(drift(), "shop")
    shape = service("cloudwatch").operation_model("PutMetricData").input_shape
    report = ParamValidator().validate({"Namespace": "Slipway", "MetricData": data}, shape)

    assert not report.has_errors(), report.generate_report()
    values = [
        (one["MetricName"], *(d["Value"] for d in one["Dimensions"]), one["Value"]) for one in data
    ]
    assert values == [
        ("DriftedColumns", "shop", 2.0),
        ("ColumnDrift", "shop", "Day Mins", 1.25),
        ("ColumnDrift", "shop", "Gr??e", 0.31),  # CloudWatch takes ASCII alone
        ("ColumnDrift", "shop", "State", 0.0),
    ]


def test_steady_requests_are_a_figure_as_well() -> None:
    """Else an alarm could not tell "steady" from "not looked at"."""
    assert monitoring.metrics(drift(drifted=[]), "shop")[0]["Value"] == 0.0


def test_more_columns_than_one_call_takes_keep_the_worst() -> None:
    many = [{"column": f"c{at}", "psi": 9.0 - at / 1000, "most": ""} for at in range(1500)]
    data = monitoring.metrics(drift(columns=many), "shop")

    assert len(data) == 1000
    assert data[1]["Value"] == 9.0


def test_the_ledger_gives_back_what_was_put() -> None:
    assert monitoring.from_item(json.loads(json.dumps(monitoring.to_item(drift())))) == drift()


def test_the_mail_says_which_columns_by_how_much_and_that_training_started() -> None:
    mail = drift_mail("churn", drift(), started=True, is_new=True)
    words = " ".join(mail.text.split())

    assert mail.subject == "[churn] Requests to production have drifted: 'Day Mins', 'Größe'"
    assert "1200 rows of requests (2026-11-22T12:31:00Z to 2026-11-23T12:29:00Z)" in words
    assert "version 7, which is in production" in words
    assert "Day Mins 1.25 above 250: 10.0% before, 61.0% now" in words
    assert "State" not in words
    assert "Training has started on the table as it is now." in words
    assert "upload rows" not in words
    assert "it warns from 0.2 on" in words


@pytest.mark.parametrize(
    ("started", "sentence"),
    [
        (True, "It is the table that the last run saw: upload rows like the requests"),
        (False, "Training was not started: there is no table, or no build, to train on."),
    ],
)
def test_the_mail_says_what_is_left_to_do(started: bool, sentence: str) -> None:
    mail = drift_mail("churn", drift(), started=started, is_new=False)

    assert sentence in " ".join(mail.text.split())


def test_many_columns_are_counted_in_the_subject() -> None:
    names = [f"c{at}" for at in range(9)]

    assert monitoring.sentence(drift(drifted=names)).endswith("'c0', 'c1', 'c2' and 6 more")


@pytest.mark.parametrize(("state", "is_one"), [("ALARM", True), ("OK", False)])
def test_an_alarm_is_one_only_while_it_goes_off(state: str, is_one: bool) -> None:
    assert events.is_alarm(event("cloudwatch-alarm-state-change", state={"value": state})) is is_one


def test_a_cause_is_no_alarm() -> None:
    assert not events.is_alarm({"cause": "schedule", "id": "2026-11-23T04:00:00Z"})


def test_a_schedules_time_is_read_and_now_stands_for_none() -> None:
    assert events.parse_time("2026-11-23T12:30:00Z", datetime.now(UTC)) == NOON
    assert events.parse_time("", NOON) == NOON
