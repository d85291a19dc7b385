"""The model registry: SageMaker's model packages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters import aws
from domain.plain import one_line
from domain.release import Version, parse_version

LONGEST = 1024
"""Of a description, which is one line: SageMaker's pattern for it is `.*`."""


def version(arn: str) -> Version:
    """What the registry says of a version now."""
    return parse_version(aws.client("sagemaker").describe_model_package(ModelPackageName=arn))


def version_if_there(arn: str) -> Version | None:
    """What the registry says of a version, None when it was deleted."""
    try:
        return version(arn)
    except aws.client("sagemaker").exceptions.ClientError as error:
        # SageMaker says both of a version that does not exist.
        if aws.error_code(error) in {"ValidationException", "ResourceNotFound"}:
            return None
        raise


def as_written(description: str) -> str:
    """A description as the registry keeps it."""
    return one_line(description, LONGEST)


def decide(arn: str, status: str, description: str) -> None:
    """Set a version to Approved or Rejected; its event does the rest."""
    aws.client("sagemaker").update_model_package(
        ModelPackageArn=arn,
        ModelApprovalStatus=status,
        ApprovalDescription=as_written(description),
    )


def mark(arn: str, stage: str, status: str, description: str) -> None:
    """Write where a version is in its life; the event says that nothing else has changed.

    `stage` and `status` are single words.
    """
    aws.client("sagemaker").update_model_package(
        ModelPackageArn=arn,
        ModelLifeCycle={
            "Stage": stage,
            "StageStatus": status,
            "StageDescription": as_written(description),
        },
    )


def describe(arn: str, metadata: Mapping[str, str]) -> None:
    """Write a version's metadata; the event says that nothing else has changed."""
    aws.client("sagemaker").update_model_package(
        ModelPackageArn=arn, CustomerMetadataProperties=dict(metadata)
    )


def newest_approved(group: str) -> str | None:
    """The ARN of the newest version that is Approved, for the registry's Approved→Rejected rule."""
    pages = (
        aws.client("sagemaker")
        .get_paginator("list_model_packages")
        .paginate(
            ModelPackageGroupName=group,
            ModelApprovalStatus="Approved",
            SortBy="CreationTime",
            SortOrder="Descending",
        )
    )
    # A filtered page may be empty while a later one is not.
    found = (item for page in pages for item in page["ModelPackageSummaryList"])
    first: dict[str, Any] | None = next(found, None)
    return str(first["ModelPackageArn"]) if first else None


@dataclass(frozen=True)
class Summary:
    """A version in a list."""

    arn: str
    status: str
    registered_at: datetime


def newest(group: str, count: int) -> list[Summary]:
    """The newest versions of a group, newest first."""
    answer = aws.client("sagemaker").list_model_packages(
        ModelPackageGroupName=group,
        SortBy="CreationTime",
        SortOrder="Descending",
        MaxResults=count,
    )
    return _summaries(answer)


def every(group: str) -> list[Summary]:
    """All versions of a group, newest first."""
    pages = (
        aws.client("sagemaker")
        .get_paginator("list_model_packages")
        .paginate(
            ModelPackageGroupName=group,
            SortBy="CreationTime",
            SortOrder="Descending",
            PaginationConfig={"PageSize": 100},
        )
    )
    return [summary for page in pages for summary in _summaries(page)]


def _summaries(answer: Mapping[str, Any]) -> list[Summary]:
    return [
        Summary(item["ModelPackageArn"], item["ModelApprovalStatus"], item["CreationTime"])
        for item in answer["ModelPackageSummaryList"]
    ]
