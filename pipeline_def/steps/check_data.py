"""Step CheckData: refuse a table that would train a wrong model, and describe one that will do.

In:  --data (the raw table), --baseline (profile.json of the version that is live, or nothing),
--champion-version. Out: --statistics (statistics.json, constraints.json, check.json and
profile.json, with which a later table is compared).
A refusal is one sentence in /opt/ml/output/message, exit code 1.
"""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import container
import describe
import drift
import settings as project
import violations
from container import StepError
from labels import read_labels
from settings import BINARY, Settings, TableSpec
from table import Row, number, read_rows


def check(
    rows: list[Row], spec: TableSpec, settings: Settings, baseline: drift.Profile | None = None
) -> dict[str, Any]:
    """Return {"statistics", "constraints", "check", "profile"}; raise StepError for a bad table.

    `baseline` is the profile of the table that the champion was trained on.
    """
    limits = settings["checks"]
    if len(rows) < limits["min_rows"]:
        raise StepError(
            f"the table has {len(rows)} rows, at least {limits['min_rows']} are needed to train"
            " and to judge a model; add rows (or change checks.min_rows in parameters.yaml)."
        )
    columns = {
        name: _column(rows, at, name, kind, spec)
        for at, (name, kind) in enumerate(spec.columns.items())
        if kind in ("numeric", "categorical")
    }
    labels = read_labels(rows, spec, settings)
    found = _of_labels(labels, spec, settings)
    found += _of_missing(columns, limits["max_missing_share"])
    stats = describe.describe({**columns, spec.label: labels}, len(rows))
    duplicates = sum(count - 1 for count in Counter(tuple(row.fields) for row in rows).values())
    profiled = {**columns, spec.label: _as_profiled(labels, settings)}
    found += violations.of_duplicates(duplicates, len(rows), limits["max_duplicate_share"])
    moved = drift.compare(baseline, profiled) if baseline else []
    _check_drift(moved, limits["drift"])
    return {
        "profile": drift.profile(profiled),
        "statistics": stats,
        "constraints": describe.constrain(stats),
        "check": {
            "rows": len(rows),
            "files": sorted({row.file for row in rows}),
            "duplicates": duplicates,
            "label": _balance(labels, settings),
            "drift": {entry["column"]: entry["psi"] for entry in moved},
            "violations": found + drifted(moved, limits["drift"]),
        },
    }


def _column(
    rows: list[Row], at: int, name: str, kind: str, spec: TableSpec
) -> list[float] | list[str]:
    if kind == "categorical":
        return ["" if row.fields[at] in spec.missing else row.fields[at] for row in rows]
    return [_number(row, row.fields[at], name, spec) for row in rows]


def _number(row: Row, text: str, name: str, spec: TableSpec) -> float:
    if text in spec.missing:
        return float("nan")
    try:
        return number(text, spec.decimal)
    except ValueError:
        hint = (
            ' (it has a decimal comma: set table.decimal to "," in parameters.yaml)'
            if spec.decimal == "." and _is_number(text.replace(",", "."))
            else ""
        )
        raise StepError(
            f"{row.place}: column '{name}' says '{text[:40]}', which is not a number{hint};"
            " correct the value, or list the spelling under table.missing in parameters.yaml."
        ) from None


def _is_number(text: str) -> bool:
    try:
        number(text)
    except ValueError:
        return False
    return True


def _of_labels(
    labels: list[float], spec: TableSpec, settings: Settings
) -> list[violations.Violation]:
    if len(set(labels)) == 1:
        what = "class" if settings["problem"] == BINARY else "value"
        raise StepError(
            f"label column '{spec.label}' has only one {what} in all {len(labels)} rows, so there"
            " is nothing to learn; add rows of the other one."
        )
    if settings["problem"] != BINARY:
        return []
    counts = {name: labels.count(value) for value, name in ((1.0, "positive"), (0.0, "negative"))}
    return violations.of_balance(spec.label, counts, settings["checks"]["min_rows_per_class"])


def _of_missing(
    columns: dict[str, list[float] | list[str]], limits: violations.Limits
) -> list[violations.Violation]:
    found = []
    for name, values in columns.items():
        share = sum(value == "" or value != value for value in values) / len(values)
        found += violations.of_missing(name, share, limits)
    return found


def _balance(labels: list[float], settings: Settings) -> dict[str, Any]:
    if settings["problem"] != BINARY:
        return {"mean": sum(labels) / len(labels), "min": min(labels), "max": max(labels)}
    return {"positive": int(sum(labels)), "negative": int(len(labels) - sum(labels))}


def _as_profiled(labels: list[float], settings: Settings) -> list[float] | list[str]:
    """Return classes as text, which is compared by value; a number by its tenths."""
    if settings["problem"] != BINARY:
        return labels
    return ["positive" if label else "negative" for label in labels]


def _check_drift(moved: list[dict[str, Any]], limits: dict[str, float]) -> None:
    for entry in moved:
        if entry["psi"] >= limits.get("stop", float("inf")):
            raise StepError(
                f"column '{entry['column']}' is not what the live model was trained on: its"
                f" population stability index is {entry['psi']:.2f}, the run stops from"
                f" {limits['stop']} on ({entry['most']}); mend the table, or raise"
                " checks.drift.stop in parameters.yaml if the change is real."
            )


def drifted(moved: list[dict[str, Any]], limits: dict[str, float]) -> list[dict[str, Any]]:
    """Return a violation for each column that has moved by as much as is warned of."""
    return [
        violations.violation(
            entry["column"],
            "baseline_drift_check",
            f"population stability index {entry['psi']:.2f} against the data of the"
            f" live version (warned from {limits['warn']} on); {entry['most']}",
        )
        for entry in moved
        if entry["psi"] >= limits.get("warn", float("inf"))
    ]


def read_baseline(folder: Path) -> drift.Profile | None:
    """Return the champion's profile, None if it left none or another Slipway wrote it."""
    path = folder / "profile.json"
    if not path.is_file():
        return None
    profile: drift.Profile = json.loads(path.read_text(encoding="utf-8"))
    return profile if profile.get("format") == drift.FORMAT else None


def main() -> None:
    """Check the table of the container."""
    settings = project.load(__file__)
    paths = container.paths(
        "Check the raw table.",
        data="/opt/ml/processing/input/data",
        baseline="/opt/ml/processing/input/baseline",
        statistics="/opt/ml/processing/output/statistics",
    )
    spec = project.table_spec(settings)
    baseline = read_baseline(paths.baseline)
    found = check(read_rows(paths.data, spec), spec, settings, baseline)
    found["check"]["data_digest"] = paths.data_digest
    found["check"]["compared_with"] = paths.champion_version if baseline else None
    for name, content in found.items():
        _write(paths.statistics / f"{name}.json", content)
    print(f"checked {found['check']['rows']} rows: label {found['check']['label']}")


def _write(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(container.run(main, container.message_file()))
