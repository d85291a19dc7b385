"""Events as AWS prints them: what is read from each, and what starts nothing."""

from datetime import UTC, datetime
from typing import Any

import pytest

from domain import events
from domain.events import Commit
from tests.support.recorded import event

COMMIT = "codecommit-repository-state-change"
PACKAGE = "sagemaker-model-package-state-change"
PIPELINE = "sagemaker-model-building-pipeline-execution-status-change"
EXECUTION = "stepfunctions-execution-status-change"


@pytest.mark.parametrize(
    ("kind", "commit_id"),
    [("referenceCreated", "3e5983DESTINATION"), ("referenceUpdated", "7f0103fMERGE")],
)
def test_a_new_head_of_the_branch_is_a_commit(kind: str, commit_id: str) -> None:
    found = events.parse_commit(event(f"{COMMIT}.{kind}"), "myBranch")

    assert found == Commit(
        "codecommit", "MyDemoRepo", "myBranch", commit_id, "2019-06-12T10:23:43Z"
    )


@pytest.mark.parametrize("kind", ["referenceDeleted", "unreferencedMergeCommitCreated"])
def test_events_that_move_no_branch_to_a_commit_are_ignored(kind: str) -> None:
    assert events.parse_commit(event(f"{COMMIT}.{kind}"), "myBranch") is None


def test_a_commit_on_another_branch_is_ignored() -> None:
    assert events.parse_commit(event(f"{COMMIT}.referenceUpdated"), "main") is None


def test_a_tag_with_the_name_of_the_branch_is_ignored() -> None:
    tag = event(f"{COMMIT}.referenceCreated", referenceType="tag", referenceName="main")

    assert events.parse_commit(tag, "main") is None


def _push(branch: str) -> dict[str, Any]:
    detail = {"repository": "ada/models", "branch": branch, "commit": "a" * 40}
    return {"detail-type": "GitHub Push", "time": "2026-11-23T09:00:00Z", "detail": detail}


def test_a_push_to_github_is_a_commit_of_the_same_shape() -> None:
    found = events.parse_commit(_push("main"), "main")

    assert found == Commit("github", "ada/models", "main", "a" * 40, "2026-11-23T09:00:00Z")
    assert events.parse_commit(_push("other"), "main") is None


@pytest.mark.parametrize("status", ["Succeeded", "Failed", "Stopped"])
def test_the_end_of_a_pipeline_names_its_execution(status: str) -> None:
    found = events.parse_pipeline_ended(event(PIPELINE, currentPipelineExecutionStatus=status))

    assert found is not None
    assert found.status == status
    assert found.execution_arn.endswith("pipeline/myPipeline-123/execution/p4jn9xou8a8s")
    assert found.pipeline_arn.endswith(":pipeline/myPipeline-123")
    assert found.at == "2021-03-15T16:10:10Z"


@pytest.mark.parametrize("status", ["Executing", "Stopping"])
def test_a_pipeline_that_runs_has_not_ended(status: str) -> None:
    going = event(PIPELINE, currentPipelineExecutionStatus=status)

    assert events.parse_pipeline_ended(going) is None


def test_an_event_of_2021_without_the_list_of_fields_is_taken_as_an_approval() -> None:
    old = event(f"{PACKAGE}-2021")
    assert old["source"] == ["aws.sagemaker"]  # as AWS printed it
    assert "UpdatedModelPackageFields" not in old["detail"]

    found = events.parse_approval_changed(old)

    assert found is not None
    assert found.status == "Rejected"
    assert found.model_package_arn.endswith("model-package/versionedmp-p-idy6c3e1fiqj/2")


def test_the_printed_event_about_a_life_cycle_starts_nothing() -> None:
    assert events.parse_approval_changed(event(f"{PACKAGE}-2025")) is None


@pytest.mark.parametrize(
    "field",
    ["CustomerMetadataProperties", "ModelLifeCycle", "ApprovalDescription", "sourceUri",
     "InferenceSpecification"],
)  # fmt: skip
def test_a_change_of_metadata_on_an_approved_version_starts_nothing(field: str) -> None:
    stamped = event(
        f"{PACKAGE}-2025", ModelApprovalStatus="Approved", UpdatedModelPackageFields=[field]
    )

    assert events.parse_approval_changed(stamped) is None


def test_nothing_changed_starts_nothing() -> None:
    same = event(f"{PACKAGE}-2025", ModelApprovalStatus="Approved", UpdatedModelPackageFields=[])

    assert events.parse_approval_changed(same) is None


@pytest.mark.parametrize("status", ["Approved", "Rejected"])
def test_a_changed_approval_is_told_with_whatever_changed_beside_it(status: str) -> None:
    fields = ["ApprovalDescription", "ModelApprovalStatus"]
    decided = event(f"{PACKAGE}-2025", ModelApprovalStatus=status, UpdatedModelPackageFields=fields)

    found = events.parse_approval_changed(decided)

    assert found is not None
    assert found.status == status


def test_a_version_that_waits_for_its_first_review_starts_nothing() -> None:
    """Its registration carries no list of what changed."""
    waits = event(f"{PACKAGE}-2021", ModelApprovalStatus="PendingManualApproval")

    assert events.parse_approval_changed(waits) is None


def test_a_decision_that_is_taken_back_is_told_with_its_time() -> None:
    waits = event(
        f"{PACKAGE}-2025",
        ModelApprovalStatus="PendingManualApproval",
        UpdatedModelPackageFields=["ModelApprovalStatus"],
    )

    found = events.parse_approval_changed(waits)

    assert found is not None
    assert found.is_reset
    assert found.at == datetime(2021, 2, 24, 17, 0, 14, tzinfo=UTC)


def test_an_endpoint_event_names_its_endpoint_whatever_its_time_looks_like() -> None:
    told = event("sagemaker-endpoint-state-change")
    assert told["time"] == "1583831889050"  # epoch milliseconds, as AWS printed it

    assert events.parse_endpoint_changed(told).endpoint_name == "MyEndpoint"


@pytest.mark.parametrize(
    ("kind", "status"), [("failed", "FAILED"), ("timed-out", "TIMED_OUT"), ("aborted", "ABORTED")]
)
def test_an_execution_that_ended_badly_is_told_by_name(kind: str, status: str) -> None:
    found = events.parse_execution_ended(event(f"{EXECUTION}.{kind}"))

    assert found is not None
    assert (found.name, found.status) == ("execution-name", status)
    assert found.execution_arn.endswith(":execution-name")


@pytest.mark.parametrize("kind", ["started", "succeeded"])
def test_an_execution_that_runs_or_succeeded_closes_itself(kind: str) -> None:
    assert events.parse_execution_ended(event(f"{EXECUTION}.{kind}")) is None
