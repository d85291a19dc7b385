"""How a run ends: refused by the gate, refused beside the champion, or registered.

SageMaker does not take a condition inside another, so three conditions stand side by side after
Evaluate. Each looks at the whole of the gate, and exactly one of their branches does something.
"""

from typing import Any

from sagemaker.core.workflow.conditions import (
    ConditionGreaterThan,
    ConditionGreaterThanOrEqualTo,
    ConditionLessThanOrEqualTo,
)
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep

from pipeline_def.project import Project

QUALITY = PropertyFile(name="Quality", output_name="evaluation", path="evaluation.json")
REPORT = PropertyFile(name="Report", output_name="evaluation", path="report.json")


def outcomes(project: Project, register: Any) -> list[ConditionStep]:
    """Return the conditions of a project; `register` is what a model earns that holds all."""
    gate = {figure: _figure(project, figure) for figure in project.parameters["gate"]}
    margin = float(project.parameters["challenge"]["margin"])
    shortfall = JsonGet(step_name="Evaluate", property_file=REPORT, json_path="challenge.shortfall")
    good = [_condition(project, figure, value) for figure, value in gate.items()]
    low = FailStep(name="NotGoodEnough", error_message=_below(project, gate))
    worse = FailStep(name="ChallengerNotBetter", error_message=_worse(margin))
    return [
        ConditionStep(name="GoodEnough", conditions=good, if_steps=[], else_steps=[low]),
        ConditionStep(
            name="WorseThanChampion",
            conditions=[*good, ConditionGreaterThan(left=shortfall, right=margin)],
            if_steps=[worse],
            else_steps=[],
        ),
        ConditionStep(
            name="WorthAReview",
            conditions=[*good, ConditionLessThanOrEqualTo(left=shortfall, right=margin)],
            if_steps=[register],
            else_steps=[],
        ),
    ]


def _figure(project: Project, figure: str) -> JsonGet:
    path = f"{project.problem}_metrics.{figure}.value"
    return JsonGet(step_name="Evaluate", property_file=QUALITY, json_path=path)


def _condition(project: Project, figure: str, value: JsonGet) -> Any:
    bound = project.parameters["gate"][figure]
    if "min" in bound:
        return ConditionGreaterThanOrEqualTo(left=value, right=float(bound["min"]))
    return ConditionLessThanOrEqualTo(left=value, right=float(bound["max"]))


def _below(project: Project, gate: dict[str, JsonGet]) -> Join:
    """Return the failure's sentence: each figure beside what it had to reach."""
    parts: list[Any] = ["The model is not good enough:"]
    for figure, value in gate.items():
        bound = project.parameters["gate"][figure]
        words = f"at least {bound['min']}" if "min" in bound else f"at most {bound['max']}"
        parts += [figure, value, f"({words})"]
    return Join(on=" ", values=parts)


def _worse(margin: float) -> Join:
    """Return the failure's sentence: the comparison as evaluate.py put it, and the margin."""
    words = JsonGet(step_name="Evaluate", property_file=REPORT, json_path="challenge.summary")
    values = ["The challenger is not better:", words, f"(gate.margin is {margin:g})"]
    return Join(on=" ", values=values)
