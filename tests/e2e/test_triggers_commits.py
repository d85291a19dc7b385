"""What CodeCommit tells of: which commits are built, and which end by name without a run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud import cloud as clouds
from localcloud.cloud import REPOSITORY
from pipeline_def.datasets import abalone
from tests.support.models import Models
from tests.support.recorded import event
from tests.support.stacks import Stack, deploy_beside, deploy_stack, invoke
from tests.support.waiting import wait_until

ENDED = "sagemaker-model-building-pipeline-execution-status-change"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("commits")
    with clouds.start(folder / "cloud") as cloud:
        stack = deploy_stack(cloud, folder, {"BuildUnchangedCommits": "false"})
        yield stack
        stack.stop_runs()


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> Models:
    """Pipelines whose training outlasts every test: it ends only when it is stopped."""
    models = Models.copy(tmp_path_factory.mktemp("endless"))
    settings = "churn/parameters.yaml"
    models.edit(settings, "num_round: 300", "num_round: 100000000")
    models.edit(settings, "early_stopping_rounds: 30", "early_stopping_rounds: 100000000")
    models.render()
    return models


def push(stack: Stack, path: str, content: str, *options: str) -> str:
    """Commit one changed file and push it; returns the commit."""
    work = stack.application.repository
    (work.folder / path).write_text(content)
    work.git("add", "--all")
    work.git("commit", "--quiet", "--message", f"Change {path}")
    work.git("push", "--quiet", *options, "origin", "HEAD:refs/heads/main")
    return work.git("rev-parse", "HEAD")


def push_changed_definition(stack: Stack, *options: str) -> str:
    """Push a commit that changes what the build reads, and nothing of the pipeline."""
    rendered = "pipeline_def/churn/rendered.json"
    content = (stack.application.repository.folder / rendered).read_text()
    return push(stack, rendered, content + "\n", *options)


def test_only_a_commit_that_touches_the_project_is_run_and_a_force_push_builds_its_head(
    stack: Stack, endless: Models
) -> None:
    work = stack.application.repository
    first = work.push(endless.source, "First")
    assert stack.built(first)["status"] == "SUCCEEDED"
    (running,) = stack.runs()

    readme = push(stack, "README.md", "# Other words\n")
    ended = stack.built(readme)
    assert stack.path(ended["executionArn"])[-1] == "Nothing Changed"
    assert stack.commits_run() == [first]

    work.git("reset", "--quiet", "--hard", first)
    forced = push(stack, "pipeline_def/churn/README.md", "Not read by the build\n", "--force")
    ended = stack.built(forced)
    assert stack.path(ended["executionArn"])[-1] == "Nothing Changed"

    forced = push_changed_definition(stack)
    assert stack.built(forced)["status"] == "SUCCEEDED"
    assert stack.commits_run() == [first, forced]
    # Recording the build has asked for no stop: that is what the stack's setting says.
    assert status(stack, running["PipelineExecutionArn"]) == "Executing"


def test_training_is_stopped_for_a_newer_commit_where_the_stack_says_so_and_nobody_is_alarmed(
    stack: Stack,
) -> None:
    older = [one["PipelineExecutionArn"] for one in stack.runs()]
    assert [status(stack, arn) for arn in older] == ["Executing", "Executing"]
    stack.change({"BuildUnchangedCommits": "false", "StopSupersededTraining": "true"})
    newer = push_changed_definition(stack)
    assert stack.built(newer)["status"] == "SUCCEEDED"
    wait_until(lambda: {status(stack, arn) for arn in older} == {"Stopped"}, 30)
    newest, *_ = [one["PipelineExecutionArn"] for one in stack.runs()]
    assert newest not in older
    assert status(stack, newest) == "Executing"

    for arn in older:
        pipeline = arn.rsplit("/execution/", 1)[0]
        told = {"pipelineArn": pipeline, "pipelineExecutionArn": arn,
                "currentPipelineExecutionStatus": "Stopped"}  # fmt: skip
        answer = invoke(stack, "ReportPipelineFunction", event(ENDED, **told))
        assert answer == {"told": False, "outcome": "superseded"}
    assert stack.mails() == []


def test_other_branches_tags_and_deletions_start_nothing(stack: Stack) -> None:
    work = stack.application.repository
    before = {one["name"] for one in stack.builds()}
    work.git("push", "--quiet", "origin", "HEAD:refs/heads/topic", "HEAD:refs/tags/v1")
    work.git("push", "--quiet", "origin", "--delete", "topic")
    # Events are in order here: what this one starts would come after what those did.
    last = push(stack, "README.md", "# The last words\n")
    stack.built(last)
    assert {one["name"] for one in stack.builds()} - before == {
        one["name"] for one in stack.builds(last)
    }


def test_a_build_whose_commit_is_no_longer_the_head_ends_as_superseded(stack: Stack) -> None:
    work = stack.application.repository
    head = work.git("rev-parse", "HEAD")
    old = push(stack, "README.md", "# One\n")
    new = push(stack, "README.md", "# Two\n")
    paths = {commit: stack.path(stack.built(commit)["executionArn"]) for commit in (old, new)}
    # Whether the first had been read before the second came is a race; what it must not do is run.
    assert paths[old][-1] in {"Build Superseded", "Nothing Changed"}
    assert paths[new][-1] == "Nothing Changed"

    states = stack.cloud.client("stepfunctions")
    machine = stack.outputs["BuildStateMachineArn"]
    late = {
        "provider": "codecommit",
        "repository": stack.outputs["RepositoryName"],
        "branch": "main",
        "commit_id": head,
        "at": "2020-01-01T00:00:00Z",
    }
    arn = states.start_execution(stateMachineArn=machine, name="late", input=json.dumps(late))[
        "executionArn"
    ]
    wait_until(lambda: states.describe_execution(executionArn=arn)["status"] != "RUNNING", 30)
    assert stack.path(arn) == ["Fetch Source", "Build Superseded"]


def test_a_push_whose_event_was_lost_is_found_by_the_next_look(stack: Stack) -> None:
    events = stack.cloud.client("events")
    name = next(one["Name"] for one in events.list_rules()["Rules"] if "StartBuild" in one["Name"]
                and "aws.codecommit" in one["EventPattern"])  # fmt: skip
    events.disable_rule(Name=name)
    commit = push(stack, "README.md", "# Nobody was told\n")
    events.enable_rule(Name=name)
    assert stack.builds(commit) == []
    found = invoke(stack, "ReconcileFunction", {})
    assert [commit in one for one in found["builds"]] == [True]
    assert stack.path(stack.built(commit)["executionArn"])[-1] == "Nothing Changed"
    assert invoke(stack, "ReconcileFunction", {})["builds"] == []


def test_a_refused_commit_is_told_of_with_what_mends_it(stack: Stack) -> None:
    settings = REPOSITORY / "pipeline_def" / "churn" / "parameters.yaml"
    commit = push(stack, "pipeline_def/churn/parameters.yaml", settings.read_text() + "\n# x\n")
    assert stack.built(commit)["error"] == "StaleDefinitionError"
    assert stack.mails("make pipeline")


def test_two_projects_of_one_account_and_repository_hear_of_their_own_alone(
    stack: Stack, tmp_path: Path
) -> None:
    runs, mails = stack.runs(), stack.mails()
    scheduler = stack.cloud.client("scheduler")
    schedule = scheduler.get_schedule(Name=f"{stack.outputs['PipelineName']}-data")
    table = tmp_path / "abalone.csv"
    abalone.write(table, rows=2000, seed=7)

    other = deploy_beside(stack, "abalone", table)
    wait_until(lambda: scheduled(other), 20)
    commit = push(stack, "README.md", "For both, and for the one it is stale")

    assert stack.built(commit)["error"] == "StaleDefinitionError"
    assert other.built(commit)["status"] == "SUCCEEDED"
    each = ["[abalone] Release version 1 to staging?", f"[churn] Build refused: {commit[:8]}"]
    people = 2
    wait_until(lambda: len(stack.mails()) == len(mails) + len(each) * people, 60)
    told = [mail["subject"] for mail in stack.mails()][: len(each) * people]
    assert sorted(told) == sorted(each * people)
    assert other.commits_run() == [commit]
    assert [one["PipelineExecutionArn"] for one in stack.runs()] == [
        one["PipelineExecutionArn"] for one in runs
    ]
    # The other's table was no data of this one's.
    now = scheduler.get_schedule(Name=schedule["Name"])
    assert now["LastModificationDate"] == schedule["LastModificationDate"]


def scheduled(stack: Stack) -> bool:
    listed = stack.cloud.client("scheduler").list_schedules()["Schedules"]
    return f"{stack.outputs['PipelineName']}-data" in [one["Name"] for one in listed]


def status(stack: Stack, arn: str) -> str:
    described = stack.cloud.client("sagemaker").describe_pipeline_execution(
        PipelineExecutionArn=arn
    )
    return str(described["PipelineExecutionStatus"])
