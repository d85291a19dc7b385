"""The summary of a change for reviewers."""

import copy
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
