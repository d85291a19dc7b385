"""SAM's own command line deploys the real template to a running local cloud, and removes it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from localcloud import cloud as clouds
from localcloud.application import Application, generated_table
from localcloud.cloud import REPOSITORY, RunningCloud
from localcloud.deploy import outputs, settings
from localcloud.product import release_link
from tests.support.clouds import status_of
from tests.support.sam import sam
from tests.support.stacks import Stack
from tests.support.waiting import wait_until

# The build lies in a folder of the test's own, so the settings must be named.
LOCAL = ("--config-file", str(REPOSITORY / "samconfig.toml"), "--config-env", "local")


def test_sam_deploys_the_template_whose_new_repository_starts_the_first_build(
    tmp_path: Path,
) -> None:
    built = ("--build-dir", str(tmp_path / "build"), "--cache-dir", str(tmp_path / "cache"))
    shortened = {"SLIPWAY_ONE_TIME_SECONDS": "1"}
    with clouds.start(tmp_path / "cloud", environment=shortened) as cloud:
        sam(cloud, REPOSITORY, "build", *LOCAL, *built)
        template = ("--template-file", str(tmp_path / "build" / "template.yaml"))
        chosen = {**settings(REPOSITORY / "samconfig.toml").parameters, "SeedRepository": "true"}
        seeded = ("--parameter-overrides", *(f"{name}={value}" for name, value in chosen.items()))
        said = sam(cloud, REPOSITORY, "deploy", *LOCAL, *template, *seeded)
        assert "Successfully created/updated stack - slipway-churn" in said
        made = outputs(cloud.client("cloudformation"), "slipway-churn")
        assert made["ApiUrl"] == cloud.api_url
        page = release_link(cloud, "slipway-churn", made["ApiUrl"], "ada@example.com")
        assert status_of(page) == 200
        names = cloud.client("codecommit").list_repositories()["repositories"]
        assert [name["repositoryName"] for name in names] == [made["RepositoryName"]]
        first_build(Stack(Application(cloud, made, tmp_path / "models")))
        sam(cloud, REPOSITORY, "delete", "--no-prompts", "--stack-name", "slipway-churn")
        _only_what_is_kept_is_left(cloud, made)


def first_build(stack: Stack) -> None:
    """The seeded commit is the work tree's, is built by itself, and waits for data by name."""
    codecommit = stack.cloud.client("codecommit")
    name = stack.outputs["RepositoryName"]
    head = codecommit.get_branch(repositoryName=name, branchName="main")["branch"]["commitId"]
    entries = codecommit.get_differences(repositoryName=name, afterCommitSpecifier=head)
    listed = ("git", "ls-files", "--cached", "--others", "--exclude-standard", "pipeline_def")
    tracked = subprocess.run(listed, cwd=REPOSITORY, check=True, capture_output=True, text=True)
    seeded = sorted(one["afterBlob"]["path"] for one in entries["differences"])
    assert seeded == sorted(tracked.stdout.split())

    assert stack.built(head)["error"] == "NoDataError"
    assert stack.mails("the build starts by itself")
    stack.application.upload(generated_table(stack.cloud.home / "first", 800, seed=7))
    wait_until(lambda: stack.commits_run() == [head], 60)
    stack.stop_runs()


def _only_what_is_kept_is_left(cloud: RunningCloud, made: dict[str, str]) -> None:
    """The bucket, the versions and the commits outlive the stack; nothing else does."""
    assert cloud.client("lambda").list_functions()["Functions"] == []
    assert cloud.client("stepfunctions").list_state_machines()["stateMachines"] == []
    assert cloud.client("events").list_rules()["Rules"] == []
    assert cloud.client("dynamodb").list_tables()["TableNames"] == []
    groups = cloud.client("logs").describe_log_groups()["logGroups"]
    assert [g for g in groups if not g["logGroupName"].startswith("/aws/sagemaker/")] == []
    kept = {bucket["Name"] for bucket in cloud.client("s3").list_buckets()["Buckets"]}
    assert made["ArtifactBucketName"] in kept
    groups = cloud.client("sagemaker").list_model_package_groups()["ModelPackageGroupSummaryList"]
    assert [g["ModelPackageGroupName"] for g in groups] == [made["ModelPackageGroupName"]]
    repositories = cloud.client("codecommit").list_repositories()["repositories"]
    assert [r["repositoryName"] for r in repositories] == [made["RepositoryName"]]
