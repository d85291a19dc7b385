"""What a person is shown before they decide, read from what the pipeline and staging wrote.

`gather` takes the files as bytes. A file that is not there, and a figure that is not in it, is None
here and said to be missing on the page; nothing is filled in. SageMaker writes `"NaN"` for a figure
that it could not compute: that is None as well.
Source of the evaluation's shape: AWS's "Model quality metrics" of SageMaker Model Monitor.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Figures = Mapping[str, float]
Pairs = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Metric:
    """One figure of an evaluation; `deviation` is its standard deviation where that is known."""

    name: str
    value: float | None
    deviation: float | None = None


@dataclass(frozen=True)
class Confusion:
    """Counts of test rows: true/false positives and negatives."""

    tp: int
    fp: int
    fn: int
    tn: int


@dataclass(frozen=True)
class Evaluation:
    """`evaluation.json`. `roc` is (false, true positive rate); `pr` is (recall, precision)."""

    problem: str
    metrics: tuple[Metric, ...]
    rows: int | None = None
    confusion: Confusion | None = None
    roc: Pairs = ()
    pr: Pairs = ()

    def value(self, name: str) -> float | None:
        """One figure by its name in the file (`auc`, `f1`, `rmse`), None where it is missing."""
        return next((m.value for m in self.metrics if m.name == name), None)


@dataclass(frozen=True)
class Difference:
    """Challenger minus champion in one figure, with its interval where one was computed."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Champion:
    """What production (or the newest approved version) scores on the same test rows."""

    version: int | None
    figures: Figures
    differences: tuple[Difference, ...] = ()
    verdict: str = ""


@dataclass(frozen=True)
class Bound:
    """One line of the gate: the figure must reach `low`, or stay under `high`."""

    name: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Segment:
    """The test rows that have `value` in `column`; no figures where they are too few."""

    column: str
    value: str
    rows: int | None
    figures: Figures


@dataclass(frozen=True)
class Report:
    """`report.json`: what the evaluation says beside the figures. Importances: strongest first."""

    gate: tuple[Bound, ...] = ()
    champion: Champion | None = None
    importances: tuple[tuple[str, float], ...] = ()
    baselines: tuple[tuple[str, Figures], ...] = ()
    rows: Figures | None = None
    segments: tuple[Segment, ...] = ()
    threshold: float | None = None
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Violation:
    """One thing that the data check found and let pass."""

    column: str
    check: str
    description: str


@dataclass(frozen=True)
class DataCheck:
    """`check.json`: the rows that were checked and what was odd about them."""

    rows: int | None
    duplicates: int | None
    label: Figures
    violations: tuple[Violation, ...]


@dataclass(frozen=True)
class StagingCheck:
    """One test of staging; `request` and `response` show the case that failed."""

    name: str
    passed: bool
    detail: str
    request: str = ""
    response: str = ""


@dataclass(frozen=True)
class Latency:
    """Milliseconds at staging; each bar is (upper bound, requests)."""

    p50: float | None
    p95: float | None
    p99: float | None
    bars: Pairs = ()
    concurrency: int | None = None


@dataclass(frozen=True)
class StagingReport:
    """What `test_endpoint` sent to staging and got back; `skipped` by the settings."""

    passed: bool
    endpoint: str
    started_at: str
    checks: tuple[StagingCheck, ...]
    latency: Latency | None
    requests: int | None
    errors: int | None
    skipped: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[StagingCheck, ...]:
        """The tests that did not pass."""
        return tuple(check for check in self.checks if not check.passed)


@dataclass(frozen=True)
class Golden:
    """`golden.json`: how many requests with known answers go with the version."""

    rows: int | None
    figures: Figures


@dataclass(frozen=True)
class Evidence:
    """All there is about one version; `unreadable` names the files that were there but broken."""

    evaluation: Evaluation | None = None
    report: Report | None = None
    golden: Golden | None = None
    data_check: DataCheck | None = None
    staging: StagingReport | None = None
    unreadable: tuple[str, ...] = ()


def number(value: Any) -> float | None:
    """A finite number, or None: for `"NaN"`, null, text, true and infinity."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def whole(value: Any) -> int | None:
    """A whole number, or None."""
    found = number(value)
    return None if found is None else int(found)


def section(value: Any) -> Mapping[str, Any]:
    """A JSON object, or an empty one where something else stands."""
    return value if isinstance(value, Mapping) else {}


def figures(value: Any) -> dict[str, float]:
    """The finite numbers of a JSON object, by name."""
    found = {str(name): number(inner) for name, inner in section(value).items()}
    return {name: inner for name, inner in found.items() if inner is not None}


def items(value: Any) -> list[Mapping[str, Any]]:
    """The JSON objects of a JSON list."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def document(content: bytes) -> Mapping[str, Any]:
    """The JSON object in a file; raises ValueError when it is none."""
    parsed = json.loads(content)
    if not isinstance(parsed, Mapping):
        raise ValueError("not a JSON object")
    return parsed
