"""CloudWatch alarms of a deployment."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from adapters import aws
from domain.rollback import Fired, fired

HISTORY = timedelta(hours=12)
AT_ONCE = 100
"""DeleteAlarms takes so many."""


def delete(names: Sequence[str], role: str) -> None:
    """Remove alarms; those that are gone already are no error."""
    for at in range(0, len(names), AT_ONCE):
        aws.client("cloudwatch", role).delete_alarms(AlarmNames=list(names[at : at + AT_ONCE]))


def fired_of(names: Sequence[str], role: str, now: datetime) -> list[Fired]:
    """Those of the named alarms that fired since they were made, with what their metric did."""
    if not names:
        return []
    cloudwatch = aws.client("cloudwatch", role)
    alarms = cloudwatch.describe_alarms(AlarmNames=list(names))["MetricAlarms"]
    found = [_look(cloudwatch, alarm, now) for alarm in alarms]
    return [one for one in found if one is not None]


def _look(cloudwatch: Any, alarm: dict[str, Any], now: datetime) -> Fired | None:
    history = cloudwatch.describe_alarm_history(
        AlarmName=alarm["AlarmName"],
        HistoryItemType="StateUpdate",
        StartDate=now - HISTORY,
        EndDate=now + timedelta(minutes=1),
        ScanBy="TimestampDescending",
    )["AlarmHistoryItems"]
    request: dict[str, Any] = {
        "Namespace": alarm["Namespace"],
        "MetricName": alarm["MetricName"],
        "Dimensions": alarm["Dimensions"],
        "Period": alarm["Period"],
        "StartTime": now - HISTORY,
        "EndTime": now + timedelta(minutes=1),
    }
    percentile = alarm.get("ExtendedStatistic")
    if percentile:
        request["ExtendedStatistics"] = [percentile]
    else:
        request["Statistics"] = [alarm["Statistic"]]
    answer = cloudwatch.get_metric_statistics(**request)
    points = [(point["Timestamp"], _value(point, alarm)) for point in answer["Datapoints"]]
    return fired(alarm, history, points)


def _value(point: dict[str, Any], alarm: dict[str, Any]) -> float:
    percentile = alarm.get("ExtendedStatistic")
    return float(
        point["ExtendedStatistics"][percentile] if percentile else point[alarm["Statistic"]]
    )
