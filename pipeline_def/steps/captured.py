"""Read what SageMaker's data capture wrote: the rows that an endpoint was asked about.

Each line of a .jsonl file is one request: `captureData.endpointInput` has its body (as text, or in
Base64 if the content type was not declared) and `eventMetadata.inferenceTime` when it came.
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html
"""

import base64
import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from settings import TableSpec
from table import number

OURS = "slipway-test"  # the InferenceId of the requests with which a release is verified


@dataclass
class Captured:
    """What was asked: rows in the order of the columns, and what could not be read as rows."""

    rows: list[list[str]] = field(default_factory=list)
    requests: int = 0
    unreadable: int = 0
    first: str = ""
    last: str = ""

    def saw(self, time: str) -> None:
        """Widen the window (ISO 8601 in UTC, so that text order is time order)."""
        self.requests += 1
        self.first = min(self.first or time, time)
        self.last = max(self.last, time)


def read(folder: Path, spec: TableSpec) -> Captured:
    """Return all requests below `folder`; a row that no model of this table takes is counted."""
    found = Captured()
    for path in sorted(folder.rglob("*.jsonl")):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.strip():
                _read_line(line, spec, found)
    return found


def _read_line(line: str, spec: TableSpec, found: Captured) -> None:
    try:
        entry = json.loads(line)
        if entry["eventMetadata"].get("inferenceId") == OURS:
            return
        asked, time = entry["captureData"]["endpointInput"], entry["eventMetadata"]["inferenceTime"]
        rows = list(_rows(_body(asked), str(asked.get("observedContentType", "")), spec))
    except (ValueError, LookupError, TypeError, AttributeError, csv.Error):
        found.requests += 1
        found.unreadable += 1
        return
    found.saw(time)
    for row in rows:
        if _fits(row, spec):
            found.rows.append(row)
        else:
            found.unreadable += 1


def _body(asked: dict[str, Any]) -> str:
    data = str(asked["data"])
    return base64.b64decode(data).decode("utf-8") if asked.get("encoding") == "BASE64" else data


def _rows(body: str, content_type: str, spec: TableSpec) -> Iterator[list[str]]:
    if content_type.partition(";")[0].strip().lower() == "application/json":
        for instance in json.loads(body)["instances"]:
            values = [instance.get(name) for name in spec.inputs]
            yield ["" if value is None else str(value).strip() for value in values]
    else:
        for row in csv.reader(io.StringIO(body, newline=""), strict=True):
            if row:
                yield [value.strip() for value in row]


def _fits(row: list[str], spec: TableSpec) -> bool:
    """Return whether the row has every column, and a number wherever the table has one."""
    if len(row) != len(spec.inputs):
        return False
    try:
        for text, kind in zip(row, spec.inputs.values(), strict=True):
            if kind == "numeric" and text != "":
                number(text)
    except ValueError:
        return False
    return True


def columns(rows: list[list[str]], spec: TableSpec) -> dict[str, list[float] | list[str]]:
    """Return the columns that a model sees: numbers with NaN, or text with '', for missing."""
    found: dict[str, list[float] | list[str]] = {}
    for at, (name, kind) in enumerate(spec.inputs.items()):
        if kind == "numeric":
            found[name] = [number(row[at]) if row[at] else float("nan") for row in rows]
        elif kind == "categorical":
            found[name] = ["" if row[at] in spec.missing else row[at] for row in rows]
    return found
