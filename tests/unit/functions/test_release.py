"""A registered version: what is read of it, and what stops its release."""

from datetime import UTC, datetime
from typing import Any

import pytest

from domain import release
from domain.errors import ArtifactChangedError, EvidenceMissingError, NotApprovedError
from domain.release import Version, parse_version

ARN = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/churn/7"


def described(**more: Any) -> dict[str, Any]:
    container = {
        "Image": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5",
        "ImageDigest": "sha256:ab",
        "ModelDataUrl": "s3://bucket/models/model.tar.gz",
        "ModelDataETag": '"e1"',
    }
    return {
        "ModelPackageArn": ARN,
        "ModelApprovalStatus": "Approved",
        "InferenceSpecification": {"Containers": [container]},
        "CreationTime": datetime(2026, 1, 2, tzinfo=UTC),
        "CustomerMetadataProperties": {"commit": "c1", "golden_uri": "s3://bucket/golden"},
        **more,
    }


def version(**more: Any) -> Version:
    return parse_version(described(**more))


def test_a_version_is_read_from_the_registry() -> None:
    found = version(
        ModelMetrics={"ModelQuality": {"Statistics": {"S3Uri": "s3://b/evaluation.json"}}},
        ApprovalDescription="good",
    )

    assert (found.group, found.number, found.status) == ("churn", 7, "Approved")
    assert (found.commit, found.golden_uri) == ("c1", "s3://bucket/golden")
    assert found.evaluation_uri == "s3://b/evaluation.json"
    assert found.description == "good"


def test_a_version_that_was_registered_by_hand_has_no_commit_and_cannot_be_tested() -> None:
    by_hand = version(CustomerMetadataProperties=None)

    assert by_hand.commit == ""
    with pytest.raises(EvidenceMissingError, match="version 7 of churn has no golden_uri"):
        _ = by_hand.golden_uri


@pytest.mark.parametrize(
    ("context", "person"),
    [
        ({"UserProfileName": "ada"}, "ada"),
        ({"IamIdentity": {"Arn": "arn:aws:sts::1:assumed-role/Admin/ada@example.com"}},
         "ada@example.com"),
        ({}, ""),
        (None, ""),
    ],
)  # fmt: skip
def test_who_changed_it_is_a_profile_or_the_end_of_a_principal(context: Any, person: str) -> None:
    assert version(LastModifiedBy=context).changed_by == person


def test_an_approved_version_may_be_released() -> None:
    release.check_approved(version())


@pytest.mark.parametrize("status", ["Rejected", "PendingManualApproval"])
def test_any_other_version_may_not(status: str) -> None:
    with pytest.raises(NotApprovedError, match=f"version 7 of churn is {status}"):
        release.check_approved(version(ModelApprovalStatus=status))


@pytest.mark.parametrize("etag", ["e1", '"e1"'])
def test_the_registered_artifact_passes_whether_its_etag_is_quoted_or_not(etag: str) -> None:
    release.check_artifact(version(), etag)


def test_a_changed_artifact_is_refused_with_both_etags_and_the_mend() -> None:
    with pytest.raises(ArtifactChangedError) as refused:
        release.check_artifact(version(), "e2")

    for words in ("version 7", "e2", "e1", "train again", "s3://bucket/models/model.tar.gz"):
        assert words in str(refused.value)


def test_an_artifact_that_is_gone_is_refused() -> None:
    with pytest.raises(ArtifactChangedError, match="version 7 is gone"):
        release.check_artifact(version(), None)


def test_where_sagemaker_recorded_no_etag_the_digest_decides_later() -> None:
    plain = described()
    del plain["InferenceSpecification"]["Containers"][0]["ModelDataETag"]

    release.check_artifact(parse_version(plain), "anything")


def test_a_deployment_has_the_same_names_when_it_is_tried_again() -> None:
    once = release.names("churn-staging", 7, "release-7-1")

    assert once == release.names("churn-staging", 7, "release-7-1")
    assert once != release.names("churn-staging", 7, "release-7-2")


@pytest.mark.parametrize("endpoint", ["churn-staging", "s" * 32 + "-production"])
def test_the_names_begin_with_the_endpoints_own(endpoint: str) -> None:
    """`adapters.endpoints.configs_of` finds by that what belongs to an endpoint."""
    found = release.names(endpoint, 7, "release-" * 9)

    assert found.config.startswith(f"{endpoint}-v")
    assert len(found.config) <= 63
