"""Why SageMaker rolled a deployment back, from what CloudWatch tells."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.rollback import Fired, fired, plain, sentence, value

pytestmark = pytest.mark.unit

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ALARM = {
    "AlarmName": "shop-5xx", "MetricName": "Invocation5XXErrors", "Statistic": "Sum",
    "Threshold": 1.0, "StateValue": "OK", "StateReason": "no data", "StateUpdatedTimestamp": NOW,
}  # fmt: skip


def entry(state: str, reason: str, minutes: int = 0) -> dict[str, Any]:
    data = {"newState": {"stateValue": state, "stateReason": reason}}
    return {"Timestamp": NOW - timedelta(minutes=minutes), "HistoryData": json.dumps(data)}


def test_an_alarm_that_is_ok_again_still_counts_by_its_history() -> None:
    found = fired(ALARM, [entry("OK", "quiet"), entry("ALARM", "7 against 1", 3)], [(NOW, 7.0)])
    assert found is not None
    assert (found.reason, found.at) == ("7 against 1", NOW - timedelta(minutes=3))


def test_an_alarm_that_never_fired_is_left_out() -> None:
    assert fired(ALARM, [entry("OK", "quiet")], [(NOW, 0.0)]) is None


def test_an_alarm_without_history_counts_by_its_state() -> None:
    found = fired(ALARM | {"StateValue": "ALARM", "StateReason": "7 against 1"}, [], [])
    assert found is not None
    assert found.reason == "7 against 1"


def test_the_summary_tells_a_firing_where_the_history_has_no_data() -> None:
    item = {"Timestamp": NOW, "HistorySummary": "Alarm updated from OK to ALARM"}
    assert fired(ALARM, [item], []) is not None


def test_the_points_are_in_order_and_the_newest_thirty() -> None:
    points = [(NOW - timedelta(minutes=at), float(at)) for at in range(40)]
    found = fired(ALARM | {"StateValue": "ALARM"}, [], points)
    assert found is not None
    assert [size for _, size in found.points] == [float(at) for at in range(29, -1, -1)]


def test_the_sentence_names_the_alarm_its_value_and_its_limit() -> None:
    alarm = Fired("shop-5xx", "Invocation5XXErrors", "Sum", 1.0, "", NOW, ((NOW, 7.0),))
    said = sentence([alarm], "shop", "shop-v1", "rolled back")
    assert said == (
        "SageMaker rolled shop back to shop-v1: the alarm shop-5xx fired: 5xx answers a minute "
        "reached 7, the limit is 1."
    )


def test_without_a_fired_alarm_sagemakers_own_reason_is_told() -> None:
    said = sentence([], "shop", "shop-v1", "The fleet did not start.")
    assert said.endswith("none of the deployment's alarms fired. The fleet did not start.")


def test_latencies_are_told_in_milliseconds() -> None:
    assert value("ModelLatency", 1_200_000) == "1.20 s"
    assert value("ModelLatency", 85_000) == "85 ms"


def test_the_report_holds_minutes_and_values() -> None:
    alarm = Fired("shop-5xx", "Invocation5XXErrors", "Sum", 1.0, "", NOW, ((NOW, 7.0),))
    assert plain(alarm)["points"] == [["2026-03-01T12:00:00.000Z", 7.0]]
