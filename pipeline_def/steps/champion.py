"""Champion against challenger: the model in production, asked for the same test rows.

The champion comes as the model.tar.gz of its version, with the code that it is served by. What
cannot be compared (another xgboost, a column that is gone) is said in the report and stops nothing:
a person decides then.
"""

import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import paired
from container import StepError
from settings import BINARY

FIGURES: dict[str, dict[str, Callable[[Any, Any], paired.Figure]]] = {
    BINARY: {"auc": paired.auc, "average_precision": paired.average_precision},
    "regression": {"rmse": paired.rmse},
}
"""What is compared, by problem; the first one decides."""

LOWER_IS_BETTER = ("rmse",)
NONE = "none"

Ask = Callable[[Path, list[list[str]]], tuple[Any, dict[str, Any]]]


class NotComparableError(Exception):
    """The champion cannot be asked for these rows; the text says why."""


def unpack(source: Path, target: Path) -> Path:
    """Unpack the champion's model.tar.gz; raise NotComparableError if there is none to unpack."""
    archives = sorted(source.glob("*.tar.gz")) if source.is_dir() else []
    if not archives:
        raise NotComparableError("its model.tar.gz is not in the bucket of this stack")
    try:
        with tarfile.open(archives[0]) as tar:
            tar.extractall(target)
    except (tarfile.TarError, OSError, EOFError) as error:
        raise NotComparableError(f"its model.tar.gz cannot be unpacked: {error}") from error
    return target


def rows_for(folder: Path, encoder: dict[str, Any], rows: list[list[str]]) -> list[list[str]]:
    """Return the test rows in the champion's columns; raise NotComparableError if they lack one."""
    try:
        theirs = json.loads((folder / "features.json").read_text(encoding="utf-8"))
        columns, problem = theirs["columns"], theirs["problem"]
    except (OSError, ValueError, KeyError) as error:
        raise NotComparableError("its archive has no features.json of Slipway") from error
    if problem != encoder["problem"]:
        raise NotComparableError(f"it solves another problem ({problem})")
    ours = {column["name"]: (at, column["type"]) for at, column in enumerate(encoder["columns"])}
    gone = [c["name"] for c in columns if c["type"] != "dropped" and c["name"] not in ours]
    if gone:
        raise NotComparableError(f"the table has no column '{gone[0]}' any more")
    places = [ours.get(column["name"], (None, ""))[0] for column in columns]
    return [["" if at is None else row[at] for at in places] for row in rows]


def scores(
    source: Path, target: Path, encoder: dict[str, Any], rows: list[list[str]], ask: Ask
) -> tuple[Any, dict[str, Any]]:
    """Return (the champion's score of each row, its encoder); raise NotComparableError."""
    folder = unpack(source, target)
    mapped = rows_for(folder, encoder, rows)
    try:
        found, theirs = ask(folder, mapped)
    except StepError as error:
        raise NotComparableError(str(error)) from error
    except Exception as error:  # the champion's own code: whatever it does must not stop this run
        raise NotComparableError(f"its own code fails: {type(error).__name__}: {error}") from error
    if len(found) != len(rows) or not np.isfinite(found).all():
        raise NotComparableError("it does not give one number for each row")
    return found, theirs


def differences(labels: Any, ours: Any, theirs: Any, problem: str) -> dict[str, dict[str, float]]:
    """Return challenger − champion in each figure, with its interval."""
    return {
        name: paired.difference(figure(labels, ours), figure(labels, theirs), len(labels))
        for name, figure in FIGURES[problem].items()
    }


def decide(gaps: dict[str, dict[str, float]], margin: float) -> tuple[str, float]:
    """Return (better | as good | worse, by how much the challenger falls short, 0 if it does not).

    The first figure decides. Better is beyond the noise; worse is beyond the noise, or beyond the
    margin. The pipeline refuses what falls short by more than the margin.
    """
    name, gap = next(iter(gaps.items()))
    sign = -1.0 if name in LOWER_IS_BETTER else 1.0
    best, worst = sorted((sign * gap["low"], sign * gap["high"]), reverse=True)
    shortfall = max(0.0, -sign * gap["value"])
    if shortfall > margin or best < 0:
        return "worse", shortfall
    return ("better" if worst > 0 else "as good"), shortfall


def summary(version: str, gaps: Any, ours: Any, theirs: Any, rows: int) -> str:
    """Return the comparison in one phrase, as the mail has it."""
    name, gap = next(iter(gaps.items()))
    return (
        f"{name} {ours[name]:.4f} against {theirs[name]:.4f} of version {version} on the same"
        f" {rows} test rows, a difference of {gap['value']:+.4f}"
        f" [{gap['low']:+.4f}, {gap['high']:+.4f}]"
    )
