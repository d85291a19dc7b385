"""Why SageMaker rolled a deployment back: which alarm fired, and what its metric did.

Sources: CloudWatch's DescribeAlarms, DescribeAlarmHistory and GetMetricStatistics. An alarm that
fired is often OK again when the roll-back is over, so its history counts and not its state.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.figures import milliseconds, show
from domain.ledger import iso

MOST_POINTS = 30
WORDS = {
    "Invocation5XXErrors": "5xx answers a minute",
    "ModelLatency": "p95 of the model's latency",
}


@dataclass(frozen=True)
class Fired:
    """An alarm that fired: `points` are (minute, value), `threshold` and values in its unit."""

    name: str
    metric: str
    statistic: str
    threshold: float
    reason: str
    at: datetime | None
    points: tuple[tuple[datetime, float], ...] = ()

    @property
    def worst(self) -> float | None:
        """The highest value that was measured."""
        return max((value for _, value in self.points), default=None)


def fired(
    alarm: Mapping[str, Any],
    history: Sequence[Mapping[str, Any]],
    points: Sequence[tuple[datetime, float]],
) -> Fired | None:
    """An alarm as described, its history newest first, and its metric → `Fired`, or None."""
    change = next((item for item in reversed(history) if _is_alarm(item)), None)
    if change is None and alarm["StateValue"] != "ALARM":
        return None
    return Fired(
        name=alarm["AlarmName"],
        metric=alarm["MetricName"],
        statistic=alarm.get("ExtendedStatistic") or alarm.get("Statistic", ""),
        threshold=float(alarm["Threshold"]),
        reason=_reason(change) if change else str(alarm.get("StateReason", "")),
        at=change["Timestamp"] if change else alarm.get("StateUpdatedTimestamp"),
        points=tuple(sorted(points))[-MOST_POINTS:],
    )


def sentence(alarms: Sequence[Fired], endpoint: str, config: str, sagemaker: str) -> str:
    """What happened, for the mail and the page; `sagemaker` is SageMaker's own reason."""
    back = f"SageMaker rolled {endpoint} back to {config}"
    if not alarms:
        return f"{back}; none of the deployment's alarms fired. {sagemaker}".strip()
    told = "; ".join(
        f"the alarm {alarm.name} fired: {WORDS.get(alarm.metric, alarm.metric)} "
        f"reached {value(alarm.metric, alarm.worst)}, the limit is "
        f"{value(alarm.metric, alarm.threshold)}"
        for alarm in alarms
    )
    return f"{back}: {told}."


def value(metric: str, figure: float | None) -> str:
    """A figure of a metric for people; ModelLatency comes in microseconds."""
    if metric == "ModelLatency" and figure is not None:
        return milliseconds(figure / 1000)
    return show(figure, 0)


def plain(alarm: Fired) -> dict[str, Any]:
    """For the ledger and the report."""
    return {
        "name": alarm.name,
        "metric": alarm.metric,
        "statistic": alarm.statistic,
        "threshold": alarm.threshold,
        "reason": alarm.reason,
        "at": iso(alarm.at) if alarm.at else "",
        "points": [[iso(moment), figure] for moment, figure in alarm.points],
    }


def _is_alarm(item: Mapping[str, Any]) -> bool:
    data = _data(item)
    if data:
        return bool(data.get("newState", {}).get("stateValue") == "ALARM")
    return str(item.get("HistorySummary", "")).endswith("to ALARM")


def _reason(item: Mapping[str, Any]) -> str:
    said = _data(item).get("newState", {}).get("stateReason")
    return str(said or item.get("HistorySummary", ""))


def _data(item: Mapping[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(item.get("HistoryData") or "{}")
    return data
