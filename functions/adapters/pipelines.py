"""SageMaker pipeline executions: what became of one, and why."""

import json
from dataclasses import dataclass
from typing import Any

from adapters import aws, objects
from domain import steps
from domain.evidence import Evidence
from domain.evidence_files import gather


@dataclass(frozen=True)
class Run:
    """A pipeline execution. `parameters` are those it was started with."""

    arn: str
    status: str
    description: str
    parameters: dict[str, str]
    steps: tuple[dict[str, Any], ...]

    @property
    def commit(self) -> str:
        """The commit it was started for; empty when it was started by hand."""
        return self.parameters.get("CommitId", "")

    @property
    def said_of_steps(self) -> list[str]:
        """The steps that ran, in the order in which they began; those of the cache say so."""
        return [
            f"{step['StepName']} (cached)" if step.get("CacheHitResult") else str(step["StepName"])
            for step in self.steps
        ]

    @property
    def registered(self) -> str | None:
        """The ARN of the model version that it registered."""
        for step in self.steps:
            arn = step.get("Metadata", {}).get("RegisterModel", {}).get("Arn")
            if arn and step["StepStatus"] == "Succeeded":
                return str(arn)
        return None

    @property
    def failed(self) -> dict[str, Any] | None:
        """The step that failed first."""
        broken = [step for step in self.steps if step["StepStatus"] == "Failed"]
        return min(broken, key=lambda step: str(step.get("EndTime", "")), default=None)


def run(arn: str) -> Run:
    """A pipeline execution, with its steps in the order in which they began."""
    sagemaker = aws.client("sagemaker")
    described = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
    listed = sagemaker.get_paginator("list_pipeline_execution_steps").paginate(
        PipelineExecutionArn=arn, SortOrder="Ascending"
    )
    parameters = sagemaker.get_paginator("list_pipeline_parameters_for_execution").paginate(
        PipelineExecutionArn=arn
    )
    return Run(
        arn=arn,
        status=described["PipelineExecutionStatus"],
        description=described.get("PipelineExecutionDescription", ""),
        parameters={
            p["Name"]: p["Value"] for page in parameters for p in page["PipelineParameters"]
        },
        steps=tuple(step for page in listed for step in page["PipelineExecutionSteps"]),
    )


def graph(run: Run) -> list[dict[str, Any]]:
    """The run's steps with their times and their order, for the release page."""
    answer = aws.client("sagemaker").describe_pipeline_definition_for_execution(
        PipelineExecutionArn=run.arn
    )
    return steps.graph(json.loads(answer["PipelineDefinition"]), run.steps)


def reason(step: dict[str, Any]) -> str:
    """Why a step failed, in its own words."""
    message = step.get("Metadata", {}).get("Fail", {}).get("ErrorMessage")
    return str(message or step.get("FailureReason") or "no reason given")


def is_challenge(step: dict[str, Any]) -> bool:
    """Whether the pipeline refused a model that is worse than the version it would replace."""
    return "Fail" in step.get("Metadata", {}) and step["StepName"] == "ChallengerNotBetter"


def evidence(run: Run, bucket: str) -> Evidence:
    """What the evaluation of a run wrote; that of the earlier run where it came from the cache."""
    step = next((step for step in run.steps if step["StepName"] == "Evaluate"), {})
    source = step.get("CacheHitResult", {}).get("SourcePipelineExecutionArn") or run.arn
    folder = f"s3://{bucket}/runs/{source.rsplit('/', 1)[-1]}/Evaluate/evaluation"
    names = ("evaluation", "report")
    return gather(**objects.read_many({name: f"{folder}/{name}.json" for name in names}))


def is_gate(step: dict[str, Any]) -> bool:
    """Whether the step is the pipeline's own refusal (a Fail step), and not a fault."""
    return "Fail" in step.get("Metadata", {})
