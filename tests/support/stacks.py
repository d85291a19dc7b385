"""Slipway's own template in a local cloud, with what tests of its triggers look at."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud.application import Application, generated_table
from localcloud.cloud import REPOSITORY, RunningCloud
from localcloud.deploy import deploy, settings
from localcloud.watch import inbox
from tests.support.waiting import wait_until

BUILD_SECONDS = 60


@dataclass(frozen=True)
class Stack:
    """A deployed stack: what its builds, pipelines and mails say."""

    application: Application

    @property
    def cloud(self) -> RunningCloud:
        """The cloud that it is deployed in."""
        return self.application.cloud

    @property
    def outputs(self) -> dict[str, str]:
        """The stack's outputs."""
        return self.application.outputs

    def builds(self, commit: str = "") -> list[dict[str, Any]]:
        """The executions of the build state machine, those of one commit if it is named."""
        listed: list[dict[str, Any]] = self.cloud.client("stepfunctions").list_executions(
            stateMachineArn=self.outputs["BuildStateMachineArn"]
        )["executions"]
        return [one for one in listed if commit in one["name"]]

    def built(self, commit: str) -> dict[str, Any]:
        """Wait until a build of `commit` has ended; return its description."""
        states = self.cloud.client("stepfunctions")

        def ended() -> dict[str, Any] | None:
            done = [one for one in self.builds(commit) if one["status"] != "RUNNING"]
            return done[0] if done else None

        found = wait_until(ended, BUILD_SECONDS)
        described: dict[str, Any] = states.describe_execution(executionArn=found["executionArn"])
        return described

    def path(self, execution_arn: str) -> list[str]:
        """The states that an execution entered, in order."""
        pages = (
            self.cloud.client("stepfunctions")
            .get_paginator("get_execution_history")
            .paginate(executionArn=execution_arn)
        )
        events = [event for page in pages for event in page["events"]]
        return [
            event["stateEnteredEventDetails"]["name"]
            for event in events
            if event["type"].endswith("StateEntered")
        ]

    def runs(self) -> list[dict[str, Any]]:
        """The pipeline's executions, newest first; none before there is a pipeline."""
        sagemaker = self.cloud.client("sagemaker")
        try:
            answer = sagemaker.list_pipeline_executions(
                PipelineName=self.outputs["PipelineName"], SortOrder="Descending"
            )
        except sagemaker.exceptions.ResourceNotFound:
            return []
        found: list[dict[str, Any]] = answer["PipelineExecutionSummaries"]
        return found

    def parameters(self, execution_arn: str) -> dict[str, str]:
        """What a pipeline execution was started with."""
        answer = self.cloud.client("sagemaker").list_pipeline_parameters_for_execution(
            PipelineExecutionArn=execution_arn
        )
        return {one["Name"]: one["Value"] for one in answer["PipelineParameters"]}

    def commits_run(self) -> list[str]:
        """The commit of each pipeline execution, oldest first."""
        return [
            self.parameters(run["PipelineExecutionArn"])["CommitId"]
            for run in reversed(self.runs())
        ]

    def mails(self, words: str = "") -> list[dict[str, Any]]:
        """The mails that say `words`, newest first; `said` is subject and text in one line."""
        found = []
        for mail in inbox(self.cloud):
            said = " ".join(f"{mail['subject']} {mail['text']}".split())
            found += [{**mail, "said": said}] if words in said else []
        return found

    def change(self, parameters: dict[str, str]) -> None:
        """Deploy the template again: as samconfig's `local` says but for `parameters`."""
        _deploy(self.cloud, parameters)

    def stop_runs(self) -> None:
        """Stop what trains: the test has seen that it was started."""
        sagemaker = self.cloud.client("sagemaker")
        for run in self.runs():
            if run["PipelineExecutionStatus"] == "Executing":
                arn = run["PipelineExecutionArn"]
                with suppress(sagemaker.exceptions.ConflictException):  # it has ended meanwhile
                    sagemaker.stop_pipeline_execution(
                        PipelineExecutionArn=arn, ClientRequestToken="0" * 32
                    )


def deploy_stack(
    cloud: RunningCloud, folder: Path, parameters: dict[str, str], rows: int = 800
) -> Stack:
    """Deploy `template.yaml` as samconfig's `local` says but for `parameters`; upload a table."""
    application = Application(cloud, _deploy(cloud, parameters), folder / "models")
    application.upload(generated_table(folder / "generated", rows, seed=7))
    return Stack(application)


def deploy_beside(first: Stack, project: str, table: Path) -> Stack:
    """A second stack in the first one's account: of another project in the same repository."""
    parameters = {
        "CreateRepository": "false",
        "PipelineFolder": f"pipeline_def/{project}",
        "ProjectName": project,
        "RepositoryName": first.outputs["RepositoryName"],
    }
    made = _deploy(first.cloud, parameters, f"slipway-{project}")
    bucket, _, prefix = made["DataUri"].removeprefix("s3://").partition("/")
    first.cloud.client("s3").upload_file(str(table), bucket, f"{prefix}{table.name}")
    return Stack(Application(first.cloud, made, first.application.model_folder))


def _deploy(cloud: RunningCloud, parameters: dict[str, str], name: str = "") -> dict[str, str]:
    chosen = settings(REPOSITORY / "samconfig.toml")
    together = {**chosen.parameters, **parameters}
    return deploy(cloud, REPOSITORY / "template.yaml", name or chosen.stack_name, together)


def invoke(stack: Stack, logical_id: str, event: dict[str, Any]) -> Any:
    """Call one of the stack's functions and return what it returned; fails with its own error."""
    found = stack.cloud.client("cloudformation").describe_stack_resource(
        StackName=stack.outputs["PipelineName"], LogicalResourceId=logical_id
    )
    answer = stack.cloud.client("lambda").invoke(
        FunctionName=found["StackResourceDetail"]["PhysicalResourceId"],
        Payload=json.dumps(event).encode(),
    )
    said = json.load(answer["Payload"])
    assert "FunctionError" not in answer, said
    return said
