"""How people hear of pipelines: those of a commit, those of a hand, and those that fail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.request import urlopen

import pytest

from localcloud import cloud as clouds
from localcloud.cloud import REPOSITORY
from tests.support.sam import shell
from tests.support.stacks import Stack, deploy_stack, invoke
from tests.support.waiting import wait_until

RUN_SECONDS = 120
PEOPLE = 2


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


@pytest.fixture(name="broken")
def _broken(stack: Stack) -> str:
    """Where a table lies that the data check refuses."""
    bucket = stack.outputs["ArtifactBucketName"]
    stack.cloud.client("s3").put_object(Bucket=bucket, Key="broken/table.csv", Body=b"a,b\n1,2\n")
    return f"s3://{bucket}/broken/"


def counted(stack: Stack, runs: list[str]) -> bool:
    """Whether the ledger holds just these failures in its hour, a retried run's each time."""
    key = {"pk": {"S": f"FAILURES#{stack.outputs['PipelineName']}"}, "sk": {"S": "META"}}
    item = stack.cloud.client("dynamodb").get_item(
        TableName=stack.outputs["LedgerTableName"], Key=key
    )["Item"]
    ends = [one["M"]["execution"]["S"] for one in item["failures"]["L"]]
    return sorted(end.partition(" ")[0] for end in ends) == sorted(runs)


def told_when_the_hour_ends(stack: Stack, words: str) -> dict[str, Any]:
    """The mail that comes when the hour is over.

    Asked for again while there is none: a report that ends late sets the schedule to its own time.
    """

    def probe() -> bool:
        let_the_hour_end(stack)
        return len(stack.mails(words)) == PEOPLE

    wait_until(probe, RUN_SECONDS, 2.5)
    return dict(stack.mails(words)[0])


def let_the_hour_end(stack: Stack) -> None:
    """Have the schedule of the hour's end fire at once; what it says stays."""
    scheduler = stack.cloud.client("scheduler")
    try:
        found = scheduler.get_schedule(Name=f"{stack.outputs['PipelineName']}-failures")
    except scheduler.exceptions.ResourceNotFoundException:
        return  # it has fired
    names = ("Name", "FlexibleTimeWindow", "ActionAfterCompletion", "Target")
    soon = datetime.now(UTC) + timedelta(seconds=1)
    scheduler.update_schedule(
        **{name: found[name] for name in names},
        ScheduleExpression=f"at({soon:%Y-%m-%dT%H:%M:%S})",
    )


def test_a_pipeline_that_was_started_by_hand_is_reviewed_like_any_other(stack: Stack) -> None:
    # All that Studio's form leaves empty.
    stack.cloud.client("sagemaker").start_pipeline_execution(
        PipelineName=stack.outputs["PipelineName"],
        PipelineParameters=[{"Name": "DataDigest", "Value": "2026-11-25"}],
    )
    found = wait_until(lambda: stack.mails("version 2"), RUN_SECONDS)
    assert "/approvals/" in found[0]["text"]
    packages = stack.cloud.client("sagemaker").list_model_packages(
        ModelPackageGroupName=stack.outputs["ModelPackageGroupName"]
    )["ModelPackageSummaryList"]
    assert {one["ModelApprovalStatus"] for one in packages} == {"PendingManualApproval"}


def made_of(stack: Stack, wanted: str) -> list[str]:
    """The versions that the release page finds."""
    with urlopen(f"{stack.application.release_page}&made_of={wanted}") as answer:
        html = answer.read().decode()
    return re.findall(r"<h3>(Version \d+)</h3>", html.partition('id="versions"')[2])


def test_a_commit_and_data_lead_back_to_the_versions_that_were_made_of_them(stack: Stack) -> None:
    by_hand, pushed = (stack.parameters(run["PipelineExecutionArn"]) for run in stack.runs())
    commit = pushed["CommitId"]
    assert by_hand["CommitId"] == commit

    both = ["Version 2", "Version 1"]
    assert made_of(stack, commit) == made_of(stack, commit[:8]) == both
    assert made_of(stack, by_hand["DataDigest"]) == ["Version 2"]
    assert made_of(stack, pushed["DataDigest"]) == ["Version 1"]
    assert made_of(stack, "0" * 40) == []


def test_the_documented_command_says_of_each_version_what_it_was_made_of(stack: Stack) -> None:
    page = (REPOSITORY / "docs" / "operations.md").read_text()
    (command,) = re.findall(r"```sh\n(aws sagemaker list-model-packages.*?)```", page, re.DOTALL)
    group = stack.outputs["ModelPackageGroupName"]
    lines = shell(stack.cloud, command, STACK=group).splitlines()
    runs = [stack.parameters(run["PipelineExecutionArn"]) for run in reversed(stack.runs())]
    found = [line.split("\t") for line in lines]
    assert [arn.rsplit("/", 2)[1:] for arn, _, _ in found] == [[group, "1"], [group, "2"]]
    assert [made for _, *made in found] == [[run["CommitId"], run["DataDigest"]] for run in runs]


def test_failures_are_told_once_with_the_log_and_then_as_one_number(
    stack: Stack, broken: str
) -> None:
    runs = [start(stack, InputDataUri=broken, DataDigest="broken-0")]
    (mail, *_) = wait_until(lambda: stack.mails("Pipeline failed"), RUN_SECONDS)
    assert "CheckData" in mail["subject"]
    assert "console.aws.amazon.com/cloudwatch" in mail["text"]
    assert "State" in mail["said"]  # the column that is missing, in the job's own words

    runs += [start(stack, InputDataUri=broken, DataDigest=f"broken-{n}") for n in (1, 2)]
    wait_until(lambda: counted(stack, runs), RUN_SECONDS)
    stack.cloud.client("sagemaker").retry_pipeline_execution(
        PipelineExecutionArn=runs[0], ClientRequestToken="r" * 32
    )
    runs.append(runs[0])
    wait_until(lambda: counted(stack, runs), RUN_SECONDS)
    assert len(stack.mails("Pipeline failed")) == PEOPLE
    assert invoke(stack, "ReconcileFunction", {})["failures"] == []

    told_when_the_hour_ends(stack, "failed 4 times within the hour")
    assert invoke(stack, "ReconcileFunction", {})["failures"] == []


def test_ten_failures_in_an_hour_are_one_message_with_a_count_where_the_stack_says_so(
    stack: Stack, broken: str
) -> None:
    stack.change({"FailureNotices": "one-an-hour"})
    before = len(stack.mails())
    runs = [start(stack, InputDataUri=broken, DataDigest=f"again-{n}") for n in range(10)]
    wait_until(lambda: counted(stack, runs), RUN_SECONDS)
    assert len(stack.mails()) == before

    mail = told_when_the_hour_ends(stack, "failed 10 times within the hour")
    assert "Failed at a step 10" in mail["said"]
    assert mail["said"].count("CheckData:") == len(runs)
    assert "console.aws.amazon.com/cloudwatch" in mail["text"]
    assert invoke(stack, "ReconcileFunction", {})["failures"] == []
    assert len(stack.mails()) == before + PEOPLE
