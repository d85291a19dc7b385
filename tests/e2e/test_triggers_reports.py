"""How people hear of pipelines: those of a commit, those of a hand, and those that fail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from localcloud import cloud as clouds
from tests.support.stacks import Stack, deploy_stack, invoke
from tests.support.waiting import wait_until

RUN_SECONDS = 120


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("reports")
    with clouds.start(folder / "cloud") as cloud:
        stack = deploy_stack(cloud, folder, {}, rows=5000)
        stack.built(stack.application.push("First"))
        wait_until(lambda: stack.mails("version 1"), RUN_SECONDS)
        yield stack


def start(stack: Stack, **changed: str) -> str:
    """Start the pipeline as Studio or the API would, with the last run's parameters."""
    last = stack.parameters(stack.runs()[0]["PipelineExecutionArn"])
    answer = stack.cloud.client("sagemaker").start_pipeline_execution(
        PipelineName=stack.outputs["PipelineName"],
        PipelineParameters=[
            {"Name": name, "Value": value} for name, value in {**last, **changed}.items()
        ],
    )
    return str(answer["PipelineExecutionArn"])


def reconcile(stack: Stack) -> dict[str, Any]:
    said: dict[str, Any] = invoke(stack, "ReconcileFunction", {})
    return said


def test_a_pipeline_that_was_started_by_hand_is_reviewed_like_any_other(stack: Stack) -> None:
    start(stack, CommitId="by-hand")
    found = wait_until(lambda: stack.mails("version 2"), RUN_SECONDS)
    assert "/approvals/" in found[0]["text"]
    packages = stack.cloud.client("sagemaker").list_model_packages(
        ModelPackageGroupName=stack.outputs["ModelPackageGroupName"]
    )["ModelPackageSummaryList"]
    assert {one["ModelApprovalStatus"] for one in packages} == {"PendingManualApproval"}


def test_failures_are_told_once_with_the_log_and_then_as_one_number(stack: Stack) -> None:
    place = f"s3://{stack.outputs['ArtifactBucketName']}/broken/"
    s3 = stack.cloud.client("s3")
    s3.put_object(
        Bucket=stack.outputs["ArtifactBucketName"], Key="broken/table.csv", Body=b"a,b\n1,2\n"
    )
    runs = [start(stack, InputDataUri=place, DataDigest="broken-0")]
    (mail, *_) = wait_until(lambda: stack.mails("Pipeline failed"), RUN_SECONDS)
    assert "CheckData" in mail["subject"]
    assert "console.aws.amazon.com/cloudwatch" in mail["text"]
    assert "State" in mail["said"]  # the column that is missing, in the job's own words

    runs += [start(stack, InputDataUri=place, DataDigest=f"broken-{n}") for n in (1, 2)]
    table, ledger = stack.outputs["LedgerTableName"], stack.cloud.client("dynamodb")
    key = {
        "pk": {"S": f"FAILURES#{stack.outputs['PipelineName']}#pipeline_failed"},
        "sk": {"S": "META"},
    }

    def counted() -> bool:
        item = ledger.get_item(TableName=table, Key=key)["Item"]
        return {one["S"] for one in item["executions"]["L"]} == set(runs)

    wait_until(counted, RUN_SECONDS)
    people = 2
    assert len(stack.mails("Pipeline failed")) == people
    assert reconcile(stack)["failures"] == []

    # The hour is over.
    ledger.update_item(
        TableName=table,
        Key=key,
        UpdateExpression="SET since = :then",
        ExpressionAttributeValues={":then": {"N": "1"}},
    )
    assert reconcile(stack)["failures"] == ["pipeline_failed"]
    assert len(stack.mails("failed 3 times within the hour")) == people
    assert reconcile(stack)["failures"] == []
