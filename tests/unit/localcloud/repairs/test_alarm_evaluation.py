"""The rule by which a CloudWatch alarm is judged."""

import pytest

from localcloud.repairs.alarm_evaluation import judge

_ABOVE_ONE = {"ComparisonOperator": "GreaterThanThreshold", "Threshold": 1.0}


@pytest.mark.parametrize(
    ("missing", "values", "state"),
    [
        ("missing", [2.0], "ALARM"),
        ("missing", [1.0], "OK"),
        ("missing", [None], "INSUFFICIENT_DATA"),
        ("ignore", [None], None),
        ("notBreaching", [None], "OK"),
        ("breaching", [None], "ALARM"),
        ("notBreaching", [2.0, None], "OK"),
        ("missing", [2.0, None], "ALARM"),
        ("breaching", [2.0, None], "ALARM"),
    ],
)
def test_missing_data_counts_as_the_alarm_says(
    missing: str, values: list[float | None], state: str | None
) -> None:
    assert judge({**_ABOVE_ONE, "TreatMissingData": missing}, values) == state


def test_an_alarm_fires_when_enough_of_its_periods_breach() -> None:
    alarm = {**_ABOVE_ONE, "DatapointsToAlarm": 2, "TreatMissingData": "notBreaching"}
    assert judge(alarm, [2.0, 0.0, 2.0]) == "ALARM"
    assert judge(alarm, [2.0, 0.0, 0.0]) == "OK"
