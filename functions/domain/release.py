"""A version on its way: what the registry and the evaluation recorded about it.

Source: DescribeModelPackage. `CustomerMetadataProperties` are written by the pipeline's Register
step; values there have at most 256 characters.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.deployment import Names
from domain.errors import ArtifactChangedError, EvidenceMissingError, NotApprovedError
from domain.naming import group_of, sagemaker_name, version_of


@dataclass(frozen=True)
class Version:
    """A registered model version. `etag` and `sha256` are None where nobody recorded them."""

    arn: str
    group: str
    number: int
    status: str
    description: str
    changed_by: str
    model_data_uri: str
    etag: str | None
    image: str
    image_digest: str | None
    metadata: Mapping[str, str]
    evaluation_uri: str | None
    registered_at: str

    @property
    def commit(self) -> str:
        """The commit it was built from; empty for a version that was registered by hand."""
        return self.metadata.get("commit", "")

    @property
    def golden_uri(self) -> str:
        """The golden test set. Raises `EvidenceMissingError` when there is none."""
        if uri := self.metadata.get("golden_uri"):
            return uri
        raise EvidenceMissingError(
            f"version {self.number} of {self.group} has no golden_uri in its metadata, so staging "
            "cannot be tested: register it by the pipeline"
        )


def parse_version(described: Mapping[str, Any]) -> Version:
    """DescribeModelPackage's answer → `Version`."""
    container = described["InferenceSpecification"]["Containers"][0]
    metrics = described.get("ModelMetrics", {}).get("ModelQuality", {}).get("Statistics", {})
    arn = described["ModelPackageArn"]
    return Version(
        arn=arn,
        group=group_of(arn),
        number=version_of(arn),
        status=described["ModelApprovalStatus"],
        description=described.get("ApprovalDescription", ""),
        changed_by=_person(described.get("LastModifiedBy") or {}),
        model_data_uri=container["ModelDataUrl"],
        etag=container.get("ModelDataETag"),
        image=container["Image"],
        image_digest=container.get("ImageDigest"),
        metadata=described.get("CustomerMetadataProperties") or {},
        evaluation_uri=metrics.get("S3Uri"),
        registered_at=str(described["CreationTime"]),
    )


def deleted(arn: str) -> Version:
    """A version that the registry has no more: what is left of it is its name."""
    return Version(
        arn=arn,
        group=group_of(arn),
        number=version_of(arn),
        status="Deleted",
        description="",
        changed_by="",
        model_data_uri="",
        etag=None,
        image="",
        image_digest=None,
        metadata={},
        evaluation_uri=None,
        registered_at="",
    )


def _person(context: Mapping[str, Any]) -> str:
    """Who changed it: a Studio profile, or the last part of an IAM principal's ARN."""
    if name := context.get("UserProfileName"):
        return str(name)
    identity = context.get("IamIdentity") or {}
    return str(identity.get("Arn", "")).rsplit("/", 1)[-1]


def check_approved(version: Version) -> None:
    """Raise `NotApprovedError` unless the registry says Approved."""
    if version.status != "Approved":
        raise NotApprovedError(
            f"version {version.number} of {version.group} is {version.status} in the registry"
        )


def check_artifact(version: Version, etag_now: str | None) -> None:
    """Raise `ArtifactChangedError` unless the artifact in S3 is the one SageMaker registered."""
    if etag_now is None:
        raise ArtifactChangedError(
            f"the artifact of version {version.number} is gone: {version.model_data_uri}"
        )
    if version.etag is not None and version.etag.strip('"') != etag_now.strip('"'):
        raise ArtifactChangedError(
            f"the artifact of version {version.number} was changed after registration: "
            f"{version.model_data_uri} has ETag {etag_now}, registered was {version.etag}. "
            "Reject this version, and train again"
        )


def check_settings(uri: str, etag_then: str, etag_now: str | None) -> None:
    """Raise `ArtifactChangedError` if the settings are not those that people were asked about."""
    if etag_then and etag_then != etag_now:
        raise ArtifactChangedError(
            f"the settings of this release were changed after it was asked for: {uri}. "
            "What a yes would do is not what the page said"
        )


def names(endpoint: str, version: int, release_id: str) -> Names:
    """The names of one deployment: the same for the same release, so that a retry makes no second.

    They begin with the endpoint's name; cleaning up finds what belongs to an endpoint by that.
    """
    name = sagemaker_name(endpoint, f"v{version}", release_id)
    return Names(endpoint=endpoint, model=name, config=name)
