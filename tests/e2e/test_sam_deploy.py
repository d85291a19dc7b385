"""SAM's own command line deploys the real template to a running local cloud, and removes it."""

from __future__ import annotations

from pathlib import Path

from localcloud import cloud as clouds
from localcloud.cloud import REPOSITORY, RunningCloud
from localcloud.deploy import outputs
from localcloud.product import release_link
from tests.support.clouds import status_of
from tests.support.sam import sam

# The build lies in a folder of the test's own, so the settings must be named.
LOCAL = ("--config-file", str(REPOSITORY / "samconfig.toml"), "--config-env", "local")


def test_sam_builds_deploys_and_deletes_with_the_local_environment(tmp_path: Path) -> None:
    built = ("--build-dir", str(tmp_path / "build"), "--cache-dir", str(tmp_path / "cache"))
    with clouds.start(tmp_path / "cloud") as cloud:
        sam(cloud, REPOSITORY, "build", *LOCAL, *built)
        template = ("--template-file", str(tmp_path / "build" / "template.yaml"))
        said = sam(cloud, REPOSITORY, "deploy", *LOCAL, *template)
        assert "Successfully created/updated stack - slipway-churn" in said
        made = outputs(cloud.client("cloudformation"), "slipway-churn")
        assert made["ApiUrl"] == cloud.api_url
        page = release_link(cloud, "slipway-churn", made["ApiUrl"], "ada@example.com")
        assert status_of(page) == 200
        names = cloud.client("codecommit").list_repositories()["repositories"]
        assert [name["repositoryName"] for name in names] == [made["RepositoryName"]]
        sam(cloud, REPOSITORY, "delete", "--no-prompts", "--stack-name", "slipway-churn")
        _only_what_is_kept_is_left(cloud, made)


def _only_what_is_kept_is_left(cloud: RunningCloud, made: dict[str, str]) -> None:
    """The bucket, the versions and the commits outlive the stack; nothing else does."""
    assert cloud.client("lambda").list_functions()["Functions"] == []
    assert cloud.client("stepfunctions").list_state_machines()["stateMachines"] == []
    assert cloud.client("events").list_rules()["Rules"] == []
    assert cloud.client("dynamodb").list_tables()["TableNames"] == []
    assert cloud.client("logs").describe_log_groups()["logGroups"] == []
    kept = {bucket["Name"] for bucket in cloud.client("s3").list_buckets()["Buckets"]}
    assert made["ArtifactBucketName"] in kept
    groups = cloud.client("sagemaker").list_model_package_groups()["ModelPackageGroupSummaryList"]
    assert [g["ModelPackageGroupName"] for g in groups] == [made["ModelPackageGroupName"]]
    repositories = cloud.client("codecommit").list_repositories()["repositories"]
    assert [r["repositoryName"] for r in repositories] == [made["RepositoryName"]]
