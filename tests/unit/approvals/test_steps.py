"""A pipeline's picture: every step, its time, and what it waited for, nearest only."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from domain.pages.dag import dag_chart
from domain.pages.view import Step
from domain.steps import graph

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
DEFINITION = json.loads((ROOT / "pipeline_def/churn/pipeline.json").read_text(encoding="utf-8"))
RAN = [
    {"StepName": "CheckData", "StepStatus": "Succeeded", "CacheHitResult": {"x": "y"},
     "StartTime": NOW, "EndTime": NOW},
    {"StepName": "Train", "StepStatus": "Succeeded",
     "StartTime": NOW, "EndTime": NOW + timedelta(seconds=214.04)},
]  # fmt: skip


def test_the_rendered_pipeline_is_a_line_with_its_gates() -> None:
    after = {step["name"]: step["after"] for step in graph(DEFINITION, RAN)}
    assert after["CheckData"] == []
    assert after["Preprocess"] == ["CheckData"]
    assert after["Train"] == ["Preprocess"]
    assert after["Evaluate"] == ["Train"]
    assert after["NotGoodEnough"] == ["GoodEnough"]
    assert after["Register"] == ["WorthAReview"]


def test_times_are_those_of_the_run_and_a_cached_step_has_none() -> None:
    steps = {step["name"]: step for step in graph(DEFINITION, RAN)}
    assert (steps["Train"]["seconds"], steps["Train"]["status"]) == (214.0, "Succeeded")
    assert (steps["CheckData"]["cached"], steps["CheckData"]["seconds"]) == (True, None)
    assert (steps["Register"]["status"], steps["Register"]["seconds"]) == ("", None)


def test_a_definition_of_circles_and_nothing_is_drawn_too() -> None:
    ring = {"Steps": [{"Name": "A", "DependsOn": ["B"]}, {"Name": "B", "DependsOn": ["A"]}]}
    drawn = [Step(s["name"], s["kind"], s["status"], s["seconds"], tuple(s["after"]), s["cached"])
             for s in graph(ring, [])]  # fmt: skip
    assert "<svg" in dag_chart("ring", drawn)
    assert graph({}, []) == []
