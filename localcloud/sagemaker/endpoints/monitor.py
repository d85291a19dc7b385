"""Metrics of real requests, put into the local CloudWatch in batches: namespace AWS/SageMaker.

Each metric appears under EndpointName + VariantName and once more with EndpointConfigName, so that
an alarm can watch the new fleet of a deployment alone. Latencies are in microseconds.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from localcloud.sagemaker.endpoints.fleet import Fleet

FLUSH_SECONDS = 1.0
_MOST_VALUES, _MOST_DATA = 150, 100  # PutMetricData: values per datum; data per call (max 1000)
_UNITS = {"ModelLatency": "Microseconds", "OverheadLatency": "Microseconds"}
_logger = logging.getLogger(__name__)
Dimensions = tuple[tuple[str, str], ...]


@dataclass
class Monitor:
    """Collects values and ships them once a second; ``flush`` ships at once."""

    cloudwatch: Any
    _values: dict[tuple[str, Dimensions], Counter[float]] = field(
        default_factory=lambda: defaultdict(Counter)
    )
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _shipping: threading.Lock = field(default_factory=threading.Lock)
    _some: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Ship in the background from now on."""
        threading.Thread(target=self._ship_forever, name="metrics", daemon=True).start()

    def record(self, fleet: Fleet, status: int, model_us: float, overhead_us: float) -> None:
        """Count one request: the model's status, its latency and ours in microseconds."""
        values = {
            "Invocations": 1.0,
            "Invocation4XXErrors": float(400 <= status < 500),
            "Invocation5XXErrors": float(status >= 500),
            "InvocationModelErrors": float(not 200 <= status < 300),
            "ModelLatency": float(round(model_us)),
            "OverheadLatency": float(round(overhead_us)),
        }
        base = (("EndpointName", fleet.endpoint), ("VariantName", fleet.variant))
        with self._lock:
            for name, value in values.items():
                self._values[name, base][value] += 1
                self._values[name, (*base, ("EndpointConfigName", fleet.config))][value] += 1
            self._values["InvocationsPerInstance", base][1.0 / max(fleet.instances, 1)] += 1
        self._some.set()

    def flush(self) -> None:
        """Put everything that was collected into CloudWatch; blocks."""
        with self._shipping:
            with self._lock:
                values, self._values = self._values, defaultdict(Counter)
                self._some.clear()
            data = list(_data(values))
            for start in range(0, len(data), _MOST_DATA):
                self.cloudwatch.put_metric_data(
                    Namespace="AWS/SageMaker", MetricData=data[start : start + _MOST_DATA]
                )

    def _ship_forever(self) -> None:
        while True:
            self._some.wait()
            time.sleep(FLUSH_SECONDS)
            try:
                self.flush()
            except Exception:
                _logger.exception("metrics could not be put into CloudWatch")


def _data(values: dict[tuple[str, Dimensions], Counter[float]]) -> Iterator[dict[str, Any]]:
    now = time.time()
    for (name, dimensions), counted in values.items():
        pairs = sorted(counted.items())
        for start in range(0, len(pairs), _MOST_VALUES):
            part = pairs[start : start + _MOST_VALUES]
            yield {
                "MetricName": name,
                "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions],
                "Timestamp": now,
                "Values": [value for value, _ in part],
                "Counts": [float(count) for _, count in part],
                "Unit": _UNITS.get(name, "None"),
            }
