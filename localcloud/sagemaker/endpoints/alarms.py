"""The alarms that guard a deployment, asked at the local CloudWatch."""

from typing import Any


def firing(cloudwatch: Any, names: list[str]) -> list[str]:
    """Those of the named alarms that are in ALARM now; a missing alarm is not."""
    if not names:
        return []
    found = cloudwatch.describe_alarms(
        AlarmNames=names, AlarmTypes=["MetricAlarm", "CompositeAlarm"], StateValue="ALARM"
    )
    every = [*found.get("MetricAlarms", []), *found.get("CompositeAlarms", [])]
    return sorted(each["AlarmName"] for each in every if each["StateValue"] == "ALARM")
