"""Alarms look at their own metric only, period by period, and tell the bus when they change.

The fault: ministack 1.5.33 evaluates an alarm over every point of its metric's *name*, whatever the
dimensions are, mixes all evaluation periods into one value, and knows neither TreatMissingData nor
DatapointsToAlarm. An alarm on the new fleet of a deployment is thus diluted by the old one. Nor
does it evaluate anything without new data, so that an alarm is still in ALARM when the next value
comes a day later and does not go off again, or send "CloudWatch Alarm State Change" to the bus.
"""

import json
import operator
import time
from collections.abc import Callable
from typing import Any

from localcloud.repairs import base

Alarm = dict[str, Any]
_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


def install(_context: object) -> None:
    """Put our evaluation in the base's place, and let what looks and what adds evaluate first."""
    from ministack.services import cloudwatch

    base.replace(cloudwatch, "_evaluate_alarm", "bb84cf9d988a034c", evaluate)
    base.wrap(cloudwatch, "_describe_alarms", "a7aa8d7342daa5a9", _after_evaluation)
    base.wrap(cloudwatch, "_put_metric_data", "05c6738593bcbb2b", _after_evaluation)


def _after_evaluation(original: Callable[..., Any]) -> Callable[..., Any]:
    def evaluate_first(*arguments: Any, **keywords: Any) -> Any:
        from ministack.services import cloudwatch

        cloudwatch._evaluate_all_alarms()
        return original(*arguments, **keywords)

    return evaluate_first


def evaluate(alarm: Alarm) -> None:
    """Bring one alarm's state up to date; a change is recorded, acted on and told."""
    if alarm.get("Namespace") and alarm.get("MetricName"):
        values = datapoints(alarm, time.time())
        state = judge(alarm, values)
        if state is not None and state != alarm["StateValue"]:
            _change(alarm, state, values)


def datapoints(alarm: Alarm, now: float) -> list[float | None]:
    """The statistic of each evaluation period up to ``now``, newest first; None without data."""
    from ministack.services import cloudwatch

    dimensions = {each["Name"]: each["Value"] for each in alarm.get("Dimensions") or []}
    key = (alarm["Namespace"], alarm["MetricName"], cloudwatch._dims_key(dimensions))
    points = cloudwatch._metrics.get(key) or []
    period = alarm.get("Period") or 60
    name = alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "Average"
    values = []
    for back in range(int(alarm.get("EvaluationPeriods") or 1)):
        end = now - back * period
        inside = [point for point in points if end - period < point["Timestamp"] <= end]
        values.append(_statistic(inside, name))
    return values


def _statistic(points: list[Any], name: str) -> float | None:
    from ministack.services import cloudwatch

    if not points:
        return None
    value = cloudwatch._stat_value(cloudwatch._calc_stats(points), name, points)
    return None if value is None else float(value)


def judge(alarm: Alarm, values: list[float | None]) -> str | None:
    """OK, ALARM or INSUFFICIENT_DATA by the alarm's rule; None when it should stay as it is."""
    missing = alarm.get("TreatMissingData") or "missing"
    known = [value for value in values if value is not None]
    if not known and missing in ("missing", "ignore"):
        return "INSUFFICIENT_DATA" if missing == "missing" else None
    breaches = _OPERATORS.get(alarm.get("ComparisonOperator") or "")
    limit = float(alarm.get("Threshold") or 0)
    breaching = sum(breaches(value, limit) for value in known) if breaches else 0
    if missing == "breaching":
        breaching += len(values) - len(known)
    needed = int(alarm.get("DatapointsToAlarm") or len(values))
    if missing in ("missing", "ignore"):
        needed = min(needed, len(known))
    return "ALARM" if breaching >= needed else "OK"


def _change(alarm: Alarm, state: str, values: list[float | None]) -> None:
    from ministack.services import cloudwatch

    shown = ", ".join("no data" if value is None else f"{value:g}" for value in values)
    reason = (
        f"Threshold Crossed: {len(values)} datapoint(s) [{shown}] against "
        f"{alarm.get('ComparisonOperator')} ({alarm.get('Threshold')})."
    )
    old = alarm["StateValue"]
    alarm["StateValue"] = state
    alarm["StateReason"] = reason
    alarm["StateUpdatedTimestamp"] = int(time.time())
    cloudwatch._record_history(alarm["AlarmName"], old, state, reason)
    cloudwatch._dispatch_alarm_actions(alarm, old, state, reason)
    cloudwatch._evaluate_parent_alarms(alarm)
    _tell(alarm, old, reason)


def _tell(alarm: Alarm, old: str, reason: str) -> None:
    from ministack.services import eventbridge

    def state(value: str) -> dict[str, Any]:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S.000+0000", time.gmtime())
        return {"value": value, "reason": reason, "timestamp": stamp}

    metric = {
        "namespace": alarm["Namespace"],
        "name": alarm["MetricName"],
        "dimensions": {each["Name"]: each["Value"] for each in alarm.get("Dimensions") or []},
    }
    stat = {"metric": metric, "period": alarm.get("Period"), "stat": alarm.get("Statistic")}
    detail = {
        "alarmName": alarm["AlarmName"],
        "state": state(alarm["StateValue"]),
        "previousState": state(old),
        "configuration": {"metrics": [{"id": "m1", "metricStat": stat, "returnData": True}]},
    }
    entry = {
        "Source": "aws.cloudwatch",
        "DetailType": "CloudWatch Alarm State Change",
        "Resources": [alarm["AlarmArn"]],
        "Detail": json.dumps(detail),
    }
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
