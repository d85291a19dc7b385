"""EventBridge events as Slipway reads them.

Shapes: AWS's EventBridge reference for CodeCommit and SageMaker; recorded copies are in
`tests/events/`. Every parser takes the whole event and returns a frozen value, or None when it
is none of ours. Events may come twice, late, out of order or never; nothing here assumes otherwise.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Event = Mapping[str, Any]

CODECOMMIT = "codecommit"
GITHUB = "github"
GITHUB_SOURCE = "slipway.github"
GITHUB_PUSH = "GitHub Push"
WAITS = "PendingManualApproval"


@dataclass(frozen=True)
class Commit:
    """A new head of a branch. `provider` is "codecommit" or "github".

    `at` is when it was told (ISO 8601, UTC, whole seconds as EventBridge writes them).
    """

    provider: str
    repository: str
    branch: str
    commit_id: str
    at: str = ""


@dataclass(frozen=True)
class DataArrived:
    """An object under the data prefix was written."""

    bucket: str
    key: str


@dataclass(frozen=True)
class PipelineEnded:
    """A pipeline execution that reached an end. `status`: Succeeded, Failed or Stopped.

    `at` tells one end from another: RetryPipelineExecution runs the same execution again.
    """

    pipeline_arn: str
    execution_arn: str
    status: str
    at: str = ""


@dataclass(frozen=True)
class ApprovalChanged:
    """The approval status of a model version may have changed; the registry says to what.

    `at` is when this version was last modified as the event knows it.
    """

    model_package_arn: str
    status: str
    at: datetime

    @property
    def is_reset(self) -> bool:
        """Whether a decision was taken back."""
        return self.status == WAITS


@dataclass(frozen=True)
class EndpointChanged:
    """An endpoint reached a state. The API is asked which one: events come late."""

    endpoint_name: str


@dataclass(frozen=True)
class ExecutionEnded:
    """A Step Functions execution ended other than by success."""

    execution_arn: str
    name: str
    status: str


def parse_commit(event: Event, branch: str) -> Commit | None:
    """The push that `event` tells of, when it moved `branch` to a commit that exists."""
    detail = event["detail"]
    if event["detail-type"] == GITHUB_PUSH:
        found = Commit(
            GITHUB, detail["repository"], detail["branch"], detail["commit"], event["time"]
        )
        return found if found.branch == branch else None
    if detail.get("event") not in {"referenceCreated", "referenceUpdated"}:
        return None
    if detail.get("referenceType") != "branch" or detail.get("referenceName") != branch:
        return None
    return Commit(CODECOMMIT, detail["repositoryName"], branch, detail["commitId"], event["time"])


def parse_data_arrived(event: Event, prefix: str) -> DataArrived | None:
    """The file that arrived, or None for an empty object (a folder of the console's) or another."""
    found = event["detail"]["object"]
    key = str(found["key"])
    if not key.startswith(prefix) or not found.get("size"):
        return None
    return DataArrived(event["detail"]["bucket"]["name"], key)


# The last is newer than some of botocore's models: steps failed, and others went on beside them.
PIPELINE_ENDS = frozenset({"Succeeded", "Failed", "Stopped", "CompletedWithFailures"})


def parse_pipeline_ended(event: Event) -> PipelineEnded | None:
    """The end of a pipeline execution, or None while it runs."""
    detail = event["detail"]
    status = detail["currentPipelineExecutionStatus"]
    if status not in PIPELINE_ENDS:
        return None
    at = str(detail.get("executionEndTime") or "")
    return PipelineEnded(detail["pipelineArn"], detail["pipelineExecutionArn"], status, at)


def parse_approval_changed(event: Event) -> ApprovalChanged | None:
    """The approval that `event` tells of, or None when it tells of something else.

    Writing `CustomerMetadataProperties` or `ModelLifeCycle` on an Approved package emits an event
    that says Approved as well; `UpdatedModelPackageFields` tells them apart. Events from before
    that field existed carry no such list and are taken as approvals: the ledger knows whether the
    approval is a new one. A new version waits as one does whose decision was taken back, and has no
    such list either.
    """
    detail = event["detail"]
    changed, status = detail.get("UpdatedModelPackageFields"), detail.get("ModelApprovalStatus")
    if changed is not None and "ModelApprovalStatus" not in changed:
        return None
    if status not in {"Approved", "Rejected"} and not (status == WAITS and changed):
        return None
    at = datetime.fromisoformat(detail.get("LastModifiedTime") or event["time"])
    return ApprovalChanged(detail["ModelPackageArn"], status, at)


def parse_endpoint_changed(event: Event) -> EndpointChanged:
    """The endpoint that `event` tells of."""
    return EndpointChanged(event["detail"]["EndpointName"])


def parse_execution_ended(event: Event) -> ExecutionEnded | None:
    """An execution that failed, timed out or was aborted."""
    detail = event["detail"]
    if detail["status"] not in {"FAILED", "TIMED_OUT", "ABORTED"}:
        return None
    return ExecutionEnded(detail["executionArn"], detail["name"], detail["status"])


def is_alarm(event: Event) -> bool:
    """Whether `event` says that a CloudWatch alarm went off; the rule says which one."""
    told = event.get("detail-type") == "CloudWatch Alarm State Change"
    return told and event["detail"]["state"]["value"] == "ALARM"


def parse_time(text: str, now: datetime) -> datetime:
    """A schedule's time as EventBridge Scheduler writes it; `now` for none."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")) if text else now
