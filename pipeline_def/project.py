"""One project: parameters.yaml and stages.yaml, read, checked, and cut up for the steps.

A project needs parameters.yaml alone: stages.yaml comes from the folder above it, and the pipeline
is `tabular_pipeline`, unless it brings its own. Pure but for reading files: no SDK, no AWS.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipeline_def.checking import BINARY, REGRESSION, ProjectError, check_sections, is_amount

STEPS_FOLDER = "pipeline_def/steps"
CHECKING = ("check_data.py", "describe.py", "drift.py", "violations.py")
READING = ("container.py", "settings.py", "table.py", "labels.py")
SERVING = ("features.py", "booster.py", "inference.py")

#: Pipeline parameter -> (layout, scripts, sections of parameters.yaml that these scripts read).
CODE: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "CheckDataCode": (
        "prefix",
        (*CHECKING, *READING),
        ("problem", "table", "label", "checks"),
    ),
    "PreprocessCode": (
        "prefix",
        ("preprocess.py", "features.py", *READING),
        ("problem", "table", "label", "split"),
    ),
    "TrainCode": (
        "sourcedir",
        ("train.py", "rows.py", "metrics.py", "container.py", "settings.py", *SERVING),
        ("problem",),
    ),
    "EvaluateCode": (
        "prefix",
        (
            *("evaluate.py", "report.py", "baseline.py", "metrics.py", "rows.py"),
            *("champion.py", "paired.py", "explain.py", "container.py", "settings.py", *SERVING),
        ),
        ("problem", "gate", "challenge", "evaluation"),
    ),
    "MonitorCode": (
        "prefix",
        ("monitor.py", "captured.py", *CHECKING, *READING),
        ("problem", "table", "label", "checks"),
    ),
}

KINDS = ("numeric", "categorical", "dropped", "label")
FIGURES = {
    BINARY: ("auc", "average_precision", "f1", "accuracy", "precision", "recall"),
    REGRESSION: ("mse", "rmse", "mae", "r2"),
}
DECIDES = {BINARY: "auc", REGRESSION: "rmse"}  # between two versions
MARGIN = {BINARY: 0.01, REGRESSION: 0.0}  # rmse is in the label's own unit
DRIFT = {"warn": 0.2}
#: What a limit does that is a number alone.
ALONE = {"min_rows_per_class": "stop", "max_missing_share": "stop", "max_duplicate_share": "warn"}


@dataclass(frozen=True)
class Project:
    """A folder of pipeline_def: its name and what its two YAML files say."""

    name: str
    folder: Path
    parameters: dict[str, Any]
    stages: dict[str, Any]

    @property
    def problem(self) -> str:
        """Return binary_classification or regression."""
        return str(self.parameters["problem"])

    def settings(self, code: str) -> dict[str, Any]:
        """Return what settings.json beside the scripts of `code` (such as TrainCode) says."""
        _, _, sections = CODE[code]
        return {"project": self.name, **{name: self.parameters[name] for name in sections}}


def load(folder: Path) -> Project:
    """Return the project in `folder`, or raise ProjectError."""
    if not (folder / "parameters.yaml").is_file():
        raise ProjectError(f"{folder} is no project: it has no parameters.yaml")
    parameters = _read(folder / "parameters.yaml")
    return Project(
        name=folder.name,
        folder=folder,
        parameters=_checked(parameters, folder.name),
        stages=_read(stages_file(folder)),
    )


def stages_file(folder: Path) -> Path:
    """Return the project's own stages.yaml, or the one that all others share."""
    own = folder / "stages.yaml"
    return own if own.is_file() else folder.parent / "stages.yaml"


def find(root: Path) -> list[Path]:
    """Return the folders of all projects below `root` (pipeline_def), by name."""
    return sorted(path.parent for path in root.glob("*/parameters.yaml"))


class _Once(yaml.SafeLoader):  # type: ignore[misc] # PyYAML has no types
    """YAML in which a key stands once: PyYAML takes the last of two, and says nothing."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """Return the mapping; raise yaml.YAMLError for a key that is there twice."""
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                line = key.start_mark.line + 1
                raise yaml.YAMLError(f"'{key.value}' is there twice, again in line {line}")
            seen.add(str(key.value))
        found: dict[Any, Any] = super().construct_mapping(node, deep)
        return found


def _read(path: Path) -> dict[str, Any]:
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _Once)
    except FileNotFoundError as error:
        raise ProjectError(f"{path.parent.name}/{path.name} is missing") from error
    except UnicodeDecodeError as error:
        raise ProjectError(f"{path.parent.name}/{path.name} is not UTF-8 text") from error
    except yaml.YAMLError as error:
        raise ProjectError(f"{path.parent.name}/{path.name} is not YAML: {error}") from error
    if not isinstance(content, dict):
        raise ProjectError(f"{path.parent.name}/{path.name} must be a mapping")
    return content


def _checked(parameters: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the parameters with the columns as a list; raise ProjectError for what cannot work."""
    problem = parameters.get("problem")
    if not isinstance(problem, str) or problem not in FIGURES:
        raise ProjectError(f"{name}: problem must be one of {', '.join(FIGURES)}, not {problem!r}")
    check_sections(parameters, problem, name)
    columns = _columns(parameters["table"].get("columns"), name)
    gate, challenge = _gate(parameters["gate"], problem, name)
    _check_segments(parameters["evaluation"].get("segments", []), columns, name)
    return {
        **parameters,
        "label": parameters.get("label") or {},
        "evaluation": {"segments": [], **parameters["evaluation"]},
        "table": {**parameters["table"], "columns": columns},
        "checks": _checks(parameters["checks"], name),
        "gate": gate,
        "challenge": challenge,
    }


def _gate(gate: Any, problem: str, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return (the bounds of each figure, the rule between champion and challenger)."""
    given = gate if isinstance(gate, dict) else {}
    margin = given.get("margin", MARGIN[problem])
    bounds = {figure: bound for figure, bound in given.items() if figure != "margin"}
    _check_gate(bounds, problem, name)
    if not is_amount(margin):
        raise ProjectError(f"{name}: gate.margin must be a number, 0 or more, not {margin!r}")
    return bounds, {"figure": DECIDES[problem], "margin": margin}


def _checks(checks: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the checks, each limit as {warn: x, stop: y}, either or both."""
    limits = {
        check: checks[check] if isinstance(checks[check], dict) else {does: checks[check]}
        for check, does in ALONE.items()
        if check in checks
    }
    return {**checks, **limits, "drift": _drift(checks, name)}


def _drift(checks: Any, name: str) -> dict[str, float]:
    limits = checks.get("drift", DRIFT)
    if not isinstance(limits, dict) or set(limits) - {"warn", "stop"}:
        raise ProjectError(f"{name}: checks.drift must be {{warn: x, stop: y}}, either or both")
    if not all(is_amount(limit) for limit in limits.values()):
        raise ProjectError(f"{name}: checks.drift must hold numbers, 0 or more, not {limits}")
    return limits


def _columns(columns: Any, name: str) -> list[dict[str, str]]:
    if not isinstance(columns, dict) or len(columns) < 2:
        raise ProjectError(f"{name}: table.columns must map each column to {' | '.join(KINDS)}")
    for column, kind in columns.items():
        if not isinstance(column, str):
            raise ProjectError(f'{name}: column {column!r} is not text; quote it: "{column}"')
        if column != column.strip():
            raise ProjectError(f"{name}: column '{column}' must have no blanks around its name")
        if kind not in KINDS:
            raise ProjectError(f"{name}: column '{column}' is {kind!r}, not {' | '.join(KINDS)}")
    labels = [column for column, kind in columns.items() if kind == "label"]
    if len(labels) != 1:
        raise ProjectError(f"{name}: exactly one column must be the label, not {len(labels)}")
    if not {"numeric", "categorical"} & set(columns.values()):
        raise ProjectError(f"{name}: no column is numeric or categorical: nothing to learn from")
    return [{"name": column, "type": kind} for column, kind in columns.items()]


def _check_gate(gate: Any, problem: str, name: str) -> None:
    if not isinstance(gate, dict) or not gate:
        raise ProjectError(f"{name}: gate must name at least one figure, such as auc: {{min: 0.8}}")
    for figure, bound in gate.items():
        if figure not in FIGURES[problem]:
            known = ", ".join(FIGURES[problem])
            raise ProjectError(f"{name}: gate.{figure} is unknown; {problem} has {known}")
        if not isinstance(bound, dict) or len(bound) != 1 or set(bound) - {"min", "max"}:
            raise ProjectError(f"{name}: gate.{figure} must be {{min: x}} or {{max: x}}")
        _check_bound(figure, next(iter(bound.values())), problem, name)
    if set(gate) == {"accuracy"}:
        raise ProjectError(
            f"{name}: a gate on accuracy alone passes a model that has learnt nothing"
        )


def _check_bound(figure: str, limit: Any, problem: str, name: str) -> None:
    if problem == BINARY and not (is_amount(limit) and limit <= 1):
        raise ProjectError(f"{name}: gate.{figure} is from 0 to 1, its bound is {limit!r}")
    if isinstance(limit, bool) or not isinstance(limit, int | float):
        raise ProjectError(f"{name}: gate.{figure} needs a number as its bound, not {limit!r}")


def _check_segments(segments: list[str], columns: list[dict[str, str]], name: str) -> None:
    known = [column["name"] for column in columns if column["type"] == "categorical"]
    for segment in segments:
        if segment not in known:
            raise ProjectError(f"{name}: evaluation.segments: '{segment}' is no categorical column")
