"""The summary of a change for reviewers."""

import copy
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pipeline_def import diff


@pytest.fixture
def before() -> dict[str, Any]:
    return diff.present("churn")


def step(side: dict[str, Any], name: str) -> Any:
    return next(one for one in side["pipeline"]["Steps"] if one["Name"] == name)["Arguments"]


def test_the_same_pipeline_has_no_changes(before: dict[str, Any]) -> None:
    assert diff.compare(before, copy.deepcopy(before)) == ["- nothing changed"]


def test_a_changed_hyperparameter_is_one_line_of_its_step(before: dict[str, Any]) -> None:
    after = copy.deepcopy(before)
    step(after, "Train")["HyperParameters"]["max_depth"] = "7"

    assert diff.compare(before, after) == [
        "- step **Train** changed",
        '  - `Arguments.HyperParameters.max_depth`: "5" → "7"',
    ]


def test_steps_inside_a_condition_are_steps_like_others(before: dict[str, Any]) -> None:
    after = copy.deepcopy(before)
    step(after, "GoodEnough")["ElseSteps"][0]["Name"] = "Refuse"

    assert diff.compare(before, after) == [
        "- step **Refuse** added (Fail)",
        "- step **NotGoodEnough** removed",
        "- step **GoodEnough** changed",
        '  - `Arguments.ElseSteps`: ["NotGoodEnough"] → ["Refuse"]',
    ]


def test_a_stricter_gate_shows_both_numbers(before: dict[str, Any]) -> None:
    after = copy.deepcopy(before)
    step(after, "GoodEnough")["Conditions"][0]["RightValue"] = 0.9

    assert diff.compare(before, after) == [
        "- step **GoodEnough** changed",
        "  - `Arguments.Conditions[0].RightValue`: 0.85 → 0.9",
    ]


def test_settings_stages_and_scripts_are_named(before: dict[str, Any]) -> None:
    after = copy.deepcopy(before)
    for code in ("CheckDataCode", "MonitorCode"):
        after["rendered"]["code"][code]["settings"]["checks"]["min_rows"] = 500
    after["rendered"]["stages"]["production"]["rollout"]["type"] = "linear"
    after["scripts"]["pipeline_def/steps/evaluate.py"] += "\n"

    assert diff.compare(before, after) == [
        "- **settings** changed",
        "  - `checks.min_rows`: 100 → 500",
        "- **stages** changed",
        '  - `production.rollout.type`: "canary" → "linear"',
        "- **code** changed: evaluate.py",
    ]


def test_a_new_project_lists_its_steps(before: dict[str, Any]) -> None:
    lines = diff.compare({"pipeline": {}, "rendered": {}}, before)

    assert lines[0] == "- step **CheckData** added (Processing)"
    assert "- step **Register** added (RegisterModel)" in lines


@pytest.fixture
def work_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with the pipelines as they are, committed."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(diff.ROOT / "pipeline_def", tmp_path / "pipeline_def", ignore=ignored)
    who = ["-c", "user.name=Dev", "-c", "user.email=dev@example.com"]
    for command in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "As it is"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    monkeypatch.setattr(diff, "ROOT", tmp_path)
    return tmp_path / "pipeline_def"


def said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Run the command; return what it says of each project."""
    monkeypatch.setattr("sys.argv", ["diff"])
    assert diff.main() == 0
    parts = capsys.readouterr().out.split("### ")[1:]
    return {name: text.strip() for name, _, text in (part.partition("\n") for part in parts)}


def test_a_project_that_is_new_gone_or_not_rendered_is_said_beside_the_others(
    work_tree: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (work_tree / "mine").mkdir()
    settings = (work_tree / "churn" / "parameters.yaml").read_text()
    (work_tree / "mine" / "parameters.yaml").write_text(settings)
    (work_tree / "typo").mkdir()
    wrong = settings.replace("max_depth:", "max_dept:")
    (work_tree / "typo" / "parameters.yaml").write_text(wrong)
    shutil.rmtree(work_tree / "abalone")

    assert said(capsys, monkeypatch) == {
        "abalone": "- **removed**",
        "churn": "- nothing changed",
        "mine": "- **not rendered**: pipeline.json is missing; run make pipeline",
        "typo": "- **not rendered**: typo: training.max_dept is no setting of Slipway; did you mean"
        " max_depth?; run make pipeline",
    }


def test_settings_that_were_changed_and_not_rendered_are_no_unchanged_pipeline(
    work_tree: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = work_tree / "churn" / "parameters.yaml"
    path.write_text(path.read_text().replace("max_depth: 5", "max_depth: 7"))

    assert said(capsys, monkeypatch)["churn"] == (
        "- **not rendered**: pipeline_def/churn/parameters.yaml changed since; run make pipeline"
    )
