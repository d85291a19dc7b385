"""The golden test set of a version: requests, and the answers it gave when it was evaluated.

Written by `evaluate.py` beside the evaluation: `requests.csv` (raw rows, no header, no label),
`expected.csv` (`label,score` a line, same order), `golden.json` (rows, problem, metrics, segments,
digests).
"""

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.errors import EvidenceMissingError


@dataclass(frozen=True)
class Segment:
    """The rows (from 0) that have `value` in `column`, and the metric registered of them."""

    column: str
    value: str
    rows: tuple[int, ...]
    registered: float


@dataclass(frozen=True)
class Golden:
    """Raw rows with their labels, the registered scores and the registered metric."""

    rows: tuple[str, ...]
    labels: tuple[float, ...]
    scores: tuple[float, ...]
    problem: str
    metric: str
    registered: float
    segments: tuple[Segment, ...] = ()


def parse_golden(requests: bytes, expected: bytes, about: bytes) -> Golden:
    """The three files → `Golden`. Raises `EvidenceMissingError` when they do not fit together."""
    facts = json.loads(about)
    for name, content in (("requests", requests), ("expected", expected)):
        if hashlib.sha256(content).hexdigest() != facts[f"{name}_sha256"]:
            raise EvidenceMissingError(
                f"golden test set: {name}.csv is not the file that golden.json was written with; "
                "train this version again"
            )
    rows = tuple(line for line in requests.decode().splitlines() if line)
    pairs = [(float(label), float(score)) for label, score in csv.reader(_text(expected))]
    if len(rows) != len(pairs) or not rows:
        raise EvidenceMissingError(
            f"golden test set: {len(rows)} requests but {len(pairs)} expected answers; "
            "train this version again"
        )
    metric = "auc" if facts["problem"] == "binary_classification" else "rmse"
    if metric not in facts["metrics"]:
        raise EvidenceMissingError(f"golden.json has no {metric} to compare with")
    return Golden(
        rows=rows,
        labels=tuple(label for label, _ in pairs),
        scores=tuple(score for _, score in pairs),
        problem=facts["problem"],
        metric=metric,
        registered=float(facts["metrics"][metric]),
        segments=_segments(facts.get("segments") or {}, metric, len(rows)),
    )


def _segments(
    columns: Mapping[str, Mapping[str, Any]], metric: str, count: int
) -> tuple[Segment, ...]:
    """The segments with a figure; one with too few rows has none, and proves nothing."""
    found = tuple(
        Segment(column, value, tuple(entry["at"]), float(entry[metric]))
        for column, values in columns.items()
        for value, entry in values.items()
        if metric in entry
    )
    if any(not one.rows or min(one.rows) < 0 or max(one.rows) >= count for one in found):
        raise EvidenceMissingError(
            "golden test set: golden.json names segments of rows that are not there; "
            "train this version again"
        )
    return found


def batches(rows: Sequence[str], size: int) -> list[str]:
    """The rows as CSV bodies of at most `size` rows each."""
    return ["\n".join(rows[at : at + size]) for at in range(0, len(rows), size)]


def rows_beyond(rows: Sequence[str], size: int) -> str:
    """The rows again and again, as a CSV body that is a little longer than `size` bytes."""
    block = "\n".join(rows)
    # Limits that were seen had a few KB for the head of the request on top.
    return "\n".join([block] * ((size + 65536) // (len(block.encode()) + 1) + 1))


def _text(content: bytes) -> io.StringIO:
    return io.StringIO(content.decode())
