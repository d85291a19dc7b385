"""Watching production: which captured requests are looked at, and what follows from the figures.

`make pipeline` renders monitor.json, its step writes drift.json (pipeline_def/steps/monitor.py);
SageMaker's data capture writes `<prefix>/<endpoint>/<variant>/yyyy/mm/dd/hh/<file>.jsonl`.
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from domain.deployment import VARIANT
from domain.ledger import Key

NAMESPACE = "Slipway"
DRIFTED, INDEX = "DriftedColumns", "ColumnDrift"
MOST_DATA = 1000  # of one PutMetricData
COMPARED = "compared"
STARTED = "started"
NOTHING_LIVE = "no_version_in_production"
NO_DEFINITION = "built_before_monitoring"
NO_BASELINE = "no_training_statistics"
NO_CAPTURE = "no_captured_requests"


@dataclass(frozen=True)
class Drift:
    """What the monitor said last: PSI and words of each column, the largest first."""

    version: int
    rows: int
    first: str
    last: str
    limit: float
    columns: tuple[tuple[str, float, str], ...]
    drifted: tuple[str, ...]
    report_uri: str

    @property
    def moved(self) -> tuple[tuple[str, float, str], ...]:
        """The columns that have drifted."""
        return tuple(column for column in self.columns if column[0] in self.drifted)


def drift_key(endpoint: str) -> Key:
    """What the monitor said last of an endpoint."""
    return Key(f"DRIFT#{endpoint}")


def hours(endpoint: str, until: datetime, window: int) -> Iterator[str]:
    """The prefix of each of the `window` whole hours before `until`, and of its own hour so far."""
    for back in range(window, -1, -1):
        hour = until - timedelta(hours=back)
        yield f"capture/{endpoint}/{endpoint}/{VARIANT}/{hour:%Y/%m/%d/%H}/"


def manifest(bucket: str, keys: Sequence[str]) -> bytes:
    """The manifest of a job's input that is made of single objects."""
    return json.dumps([{"prefix": f"s3://{bucket}/"}, *sorted(keys)]).encode()


def parse(report: Mapping[str, Any], report_uri: str) -> Drift | None:
    """drift.json → `Drift`; None when there were too few requests to say anything."""
    if report["outcome"] != COMPARED:
        return None
    return Drift(
        version=int(report["version"]),
        rows=report["rows"],
        first=report["first"],
        last=report["last"],
        limit=float(report["limit"] or 0.0),
        columns=tuple((c["column"], float(c["psi"]), c["most"]) for c in report["columns"]),
        drifted=tuple(report["drifted"]),
        report_uri=report_uri,
    )


def metrics(drift: Drift, endpoint: str) -> list[dict[str, Any]]:
    """The data of PutMetricData: how many columns have drifted, and the PSI of each."""
    where = {"Name": "EndpointName", "Value": endpoint}
    data = [{"MetricName": DRIFTED, "Dimensions": [where], "Value": float(len(drift.drifted))}]
    data += [
        {
            "MetricName": INDEX,
            "Dimensions": [where, {"Name": "Column", "Value": _ascii(column)}],
            "Value": psi,
        }
        for column, psi, _ in drift.columns
    ]
    return data[:MOST_DATA]


def _ascii(name: str) -> str:
    """A column's name as CloudWatch takes the value of a dimension."""
    plain = name.encode("ascii", "replace").decode("ascii").strip().lstrip(":")
    return plain[:1024] or "column"


def to_item(drift: Drift) -> dict[str, Any]:
    """The ledger's item."""
    return {
        **{name: getattr(drift, name) for name in Drift.__dataclass_fields__},
        "columns": [list(column) for column in drift.columns],
        "drifted": list(drift.drifted),
    }


def from_item(item: Mapping[str, Any]) -> Drift:
    """The `Drift` in an item."""
    values = {name: item[name] for name in Drift.__dataclass_fields__}
    values["columns"] = tuple((str(c[0]), float(c[1]), str(c[2])) for c in item["columns"])
    values["drifted"] = tuple(item["drifted"])
    return Drift(**values)


def sentence(drift: Drift) -> str:
    """What has moved, for the timeline and the subject of a mail."""
    names = [f"'{column}'" for column in drift.drifted]
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"Requests to production have drifted: {shown}"
