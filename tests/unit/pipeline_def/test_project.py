"""A project's settings are refused when they are rendered, not when a release runs."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline_def import project

CHURN = Path(project.__file__).parent / "churn"


def written(tmp_path: Path, **changes: Any) -> Path:
    """Write churn's settings with some sections replaced (None: left out) as a project `mine`."""
    folder = tmp_path / "mine"
    folder.mkdir()
    parameters = yaml.safe_load((CHURN / "parameters.yaml").read_text())
    parameters.update(changes)
    kept = {key: value for key, value in parameters.items() if value is not None}
    (folder / "parameters.yaml").write_text(yaml.safe_dump(kept, sort_keys=False))
    (folder / "stages.yaml").write_text((CHURN / "stages.yaml").read_text())
    return folder


def test_each_step_gets_the_sections_that_it_reads() -> None:
    churn = project.load(CHURN)

    assert set(churn.settings("EvaluateCode")) == {
        "project",
        "problem",
        "gate",
        "challenge",
        "evaluation",
    }
    assert churn.settings("CheckDataCode")["table"]["columns"][0] == {
        "name": "State",
        "type": "categorical",
    }


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown problem": ({"problem": "ranking"}, "mine: problem must be one of binary"),
    "a missing section": ({"gate": None}, "mine: parameters.yaml has no section gate"),
    "an unknown section": ({"trainig": {}}, "mine: parameters.yaml has an unknown section trainig"),
    "no gate": ({"gate": {}}, "mine: gate must name at least one figure"),
    "a gate of another problem": ({"gate": {"mse": {"max": 6}}}, "mine: gate.mse is unknown;"),
    "a gate without a bound": ({"gate": {"auc": 0.8}}, "mine: gate.auc must be {min: x} or"),
    "a gate on accuracy alone": (
        {"gate": {"accuracy": {"min": 0.8}}},
        "mine: a gate on accuracy alone passes a model that has learnt nothing",
    ),
    "a margin that is no amount": (
        {"gate": {"auc": {"min": 0.8}, "margin": -0.1}},
        "mine: gate.margin must be a number, 0 or more, not -0.1",
    ),
    "a drift that is no pair of limits": (
        {"checks": {"min_rows": 100, "drift": 0.2}},
        "mine: checks.drift must be {warn: x, stop: y}, either or both",
    ),
    "two labels": (
        {"table": {"columns": {"a": "label", "b": "label"}}},
        "mine: exactly one column must be the label, not 2",
    ),
    "a column that YAML read as a bool": (
        {"table": {"columns": {True: "numeric", "b": "label"}}},
        'mine: column True is not text; quote it: "True"',
    ),
    "an unknown kind of column": (
        {"table": {"columns": {"a": "number", "b": "label"}}},
        "mine: column 'a' is 'number', not numeric | categorical | dropped | label",
    ),
    "a segment that is no category": (
        {"evaluation": {"golden_rows": 10, "segments": ["Day Mins"]}},
        "mine: evaluation.segments: 'Day Mins' is no categorical column",
    ),
}


def test_the_margin_is_no_figure_of_the_gate(tmp_path: Path) -> None:
    mine = project.load(written(tmp_path, gate={"auc": {"min": 0.8}, "margin": 0.02}))

    assert mine.parameters["gate"] == {"auc": {"min": 0.8}}
    assert mine.parameters["challenge"] == {"figure": "auc", "margin": 0.02}


@pytest.mark.parametrize("case", REFUSED)
def test_settings_that_cannot_work_are_refused(tmp_path: Path, case: str) -> None:
    changes, sentence = REFUSED[case]

    with pytest.raises(project.ProjectError) as refusal:
        project.load(written(tmp_path, **changes))

    assert str(refusal.value).startswith(sentence)


def test_a_folder_that_is_no_project_is_named(tmp_path: Path) -> None:
    with pytest.raises(project.ProjectError, match=r"is no project: it has no parameters\.yaml"):
        project.load(tmp_path / "nothing")


def test_a_file_that_is_no_yaml_is_named(tmp_path: Path) -> None:
    folder = written(tmp_path)
    (folder / "stages.yaml").write_text("staging: [")

    with pytest.raises(project.ProjectError, match=r"mine/stages\.yaml is not YAML"):
        project.load(folder)
