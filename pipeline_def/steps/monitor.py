"""Step Monitor, a pipeline of its own: are requests still what the live model was trained on?

In:  --capture (files of SageMaker's data capture), --baseline (profile.json, which CheckData left
for the version in production), --champion-version. Out: --report (drift.json with the figures,
statistics.json, constraint_violations.json as SageMaker's Model Monitor writes them).

Too few requests are an outcome and no failure: there is just nothing to say.
"""

import json
import sys
from pathlib import Path
from typing import Any

import captured
import container
import describe
import drift
import settings as project
from captured import Captured
from check_data import drifted, read_baseline
from container import StepError
from settings import Settings, TableSpec

COMPARED, TOO_FEW = "compared", "too_few_requests"


def monitor(
    found: Captured, spec: TableSpec, settings: Settings, baseline: drift.Profile
) -> dict[str, Any]:
    """Return {"drift", "statistics", "constraint_violations"} of captured requests."""
    limits = settings["checks"]
    columns = captured.columns(found.rows, spec)
    enough = len(found.rows) >= limits["min_rows"]
    moved = drift.compare(baseline, columns) if enough else []
    violations = drifted(moved, limits["drift"])
    return {
        "drift": {
            "outcome": COMPARED if enough else TOO_FEW,
            "requests": found.requests,
            "rows": len(found.rows),
            "least_rows": limits["min_rows"],
            "unreadable": found.unreadable,
            "first": found.first,
            "last": found.last,
            "limit": limits["drift"].get("warn"),
            "columns": moved,
            "drifted": [entry["feature_name"] for entry in violations],
        },
        "statistics": describe.describe(columns, len(found.rows)),
        "constraint_violations": {"violations": violations},
    }


def main() -> None:
    """Compare the requests of the container with the baseline."""
    settings = project.load(__file__)
    paths = container.paths(
        "Compare captured requests with the data of the version in production.",
        capture="/opt/ml/processing/input/capture",
        baseline="/opt/ml/processing/input/baseline",
        report="/opt/ml/processing/output/report",
    )
    baseline = read_baseline(paths.baseline)
    if baseline is None:
        raise StepError(
            f"version {paths.champion_version} left no profile.json that this Slipway reads;"
            " train and release a new version."
        )
    spec = project.table_spec(settings)
    found = monitor(captured.read(paths.capture, spec), spec, settings, baseline)
    found["drift"]["version"] = paths.champion_version
    for name, content in found.items():
        _write(paths.report / f"{name}.json", content)
    said = found["drift"]
    print(f"{said['outcome']}: {said['rows']} rows, {len(said['drifted'])} columns have drifted")


def _write(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(container.run(main, container.message_file()))
