"""Arriving data, schedules and hands start the pipeline of the last build again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from localcloud import cloud as clouds
from localcloud.application import generated_table
from tests.support.stacks import Stack, deploy_stack, invoke
from tests.support.waiting import wait_until

QUIET_SECONDS = 3


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("data")
    shortened = {"SLIPWAY_ONE_TIME_SECONDS": str(QUIET_SECONDS)}
    with clouds.start(folder / "cloud", environment=shortened) as cloud:
        schedules = {"RetrainSchedule": "rate(30 days)", "DriftSchedule": "rate(20 days)"}
        yield deploy_stack(cloud, folder, schedules)


def schedule(stack: Stack) -> dict[str, Any] | None:
    scheduler = stack.cloud.client("scheduler")
    name = f"{stack.outputs['PipelineName']}-data"
    try:
        found: dict[str, Any] = scheduler.get_schedule(Name=name)
    except scheduler.exceptions.ResourceNotFoundException:
        return None
    return found


def start_again(stack: Stack, cause: str, cause_id: str) -> str | None:
    said = invoke(stack, "StartPipelineFunction", {"cause": cause, "id": cause_id})
    started: str | None = said["pipeline_execution_arn"]
    return started


def place_of(stack: Stack) -> tuple[str, str]:
    bucket, _, prefix = stack.outputs["DataUri"].removeprefix("s3://").partition("/")
    return bucket, prefix


def test_a_commit_that_comes_before_any_data_is_built_when_data_arrives(stack: Stack) -> None:
    # The table that was uploaded before the first commit made a schedule; it starts nothing.
    wait_until(lambda: schedule(stack), 20)
    wait_until(lambda: schedule(stack) is None, 30)
    assert stack.builds() == []

    bucket, prefix = place_of(stack)
    s3 = stack.cloud.client("s3")
    s3.delete_object(Bucket=bucket, Key=f"{prefix}telecom.csv")
    commit = stack.application.push("First")
    assert stack.built(commit)["error"] == "NoDataError"
    assert stack.mails("the build starts by itself")

    stack.application.upload(generated_table(stack.cloud.home / "first", 800, seed=7))
    wait_until(lambda: len(stack.runs()) == 1, 60)
    assert stack.commits_run() == [commit]
    wait_until(lambda: last_build(stack)["status"] == "SUCCEEDED", 30)
    stack.stop_runs()


def last_build(stack: Stack) -> dict[str, Any]:
    return max(stack.builds(), key=lambda one: one["startDate"])


def test_many_files_become_one_run_on_the_code_of_the_last_build(stack: Stack) -> None:
    first = stack.parameters(stack.runs()[0]["PipelineExecutionArn"])
    bucket, prefix = place_of(stack)
    table = generated_table(stack.cloud.home / "more", 100, seed=8).read_bytes()
    s3 = stack.cloud.client("s3")
    for number in range(3):
        s3.put_object(Bucket=bucket, Key=f"{prefix}more-{number}.csv", Body=table)
    s3.put_object(Bucket=bucket, Key="runs/not-data.csv", Body=table)
    found = wait_until(lambda: schedule(stack), 20)
    assert found["ActionAfterCompletion"] == "DELETE"
    assert found["ScheduleExpression"].startswith("at(")
    wait_until(lambda: len(stack.runs()) == 2, 40)
    wait_until(lambda: schedule(stack) is None, 30)

    second = stack.parameters(stack.runs()[0]["PipelineExecutionArn"])
    assert second["DataDigest"] != first["DataDigest"]
    changed = {name for name in second if second[name] != first[name]}
    assert changed == {"DataDigest"}
    # Told again, of the same data: nothing to run.
    wait_until(lambda: start_again(stack, "data", "") is None, 10)
    assert len(stack.runs()) == 2


def test_a_schedule_trains_once_for_each_of_its_times(stack: Stack) -> None:
    scheduler = stack.cloud.client("scheduler")
    (name,) = [
        one["Name"]
        for one in scheduler.list_schedules()["Schedules"]
        if "Retraining" in one["Name"]
    ]
    found = scheduler.get_schedule(Name=name)
    assert found["ScheduleExpression"] == "rate(30 days)"
    assert "<aws.scheduler.scheduled-time>" in found["Target"]["Input"]
    before = len(stack.runs())
    first = start_again(stack, "schedule", "2026-11-23T04:00:00Z")
    assert first
    assert start_again(stack, "schedule", "2026-11-23T04:00:00Z") == first
    assert len(stack.runs()) == before + 1
    stack.stop_runs()


def test_a_schedule_watches_production_and_says_so_when_there_is_none(stack: Stack) -> None:
    scheduler = stack.cloud.client("scheduler")
    (name,) = [
        one["Name"] for one in scheduler.list_schedules()["Schedules"] if "Watching" in one["Name"]
    ]
    found = scheduler.get_schedule(Name=name)
    assert found["ScheduleExpression"] == "rate(20 days)"
    given = json.loads(found["Target"]["Input"])
    assert given == {"at": "<aws.scheduler.scheduled-time>"}
    mails = len(stack.mails(""))

    seen = invoke(stack, "StartMonitorFunction", {"at": "2026-11-23T04:00:00Z"})

    assert seen == {"outcome": "no_version_in_production"}
    assert len(stack.mails("")) == mails
