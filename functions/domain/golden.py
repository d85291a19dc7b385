"""The golden test set of a version: requests, and the answers it gave when it was evaluated.

Written by `evaluate.py` beside the evaluation: `requests.csv` (raw rows, no header, no label),
`expected.csv` (`label,score` a line, same order), `golden.json` (rows, problem, metrics, digests).
"""

import csv
import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass

from domain.errors import EvidenceMissingError


@dataclass(frozen=True)
class Golden:
    """Raw rows with their labels, the registered scores and the registered metric."""

    rows: tuple[str, ...]
    labels: tuple[float, ...]
    scores: tuple[float, ...]
    problem: str
    metric: str
    registered: float


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
    )


def batches(rows: Sequence[str], size: int) -> list[str]:
    """The rows as CSV bodies of at most `size` rows each."""
    return ["\n".join(rows[at : at + size]) for at in range(0, len(rows), size)]


def _text(content: bytes) -> io.StringIO:
    return io.StringIO(content.decode())
