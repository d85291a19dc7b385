"""A model whose artifact is not the registered one never runs, and production stays as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.e2e.conftest import Released
from tests.support.loop import Loop, ask, number, promotion_id, review_id

CLOSING = ["Close Release", "Keep Staging?", "Tear Down Staging", "Outcome?", "Refused"]

Tamper = Callable[[str], None]


@pytest.fixture
def tamper(loop: Loop) -> Iterator[Tamper]:
    """Overwrites a version's artifact; puts it back afterwards (cached steps share it)."""
    s3 = loop.cloud.client("s3")
    kept: dict[tuple[str, str], bytes] = {}

    def overwrite(version: str) -> None:
        found = loop.sagemaker.describe_model_package(ModelPackageName=version)
        uri = found["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        kept[bucket, key] = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        s3.put_object(Bucket=bucket, Key=key, Body=kept[bucket, key] + b"\0")

    yield overwrite
    for (bucket, key), content in kept.items():
        s3.put_object(Bucket=bucket, Key=key, Body=content)


def test_the_review_of_a_changed_artifact_is_void_and_says_why(
    loop: Loop, first: Released, tamper: Tamper
) -> None:
    before = loop.production()
    version = loop.registered(loop.push(message="Changed before its review"))
    tamper(version)
    ada, _ = loop.asked(review_id(version))
    status, page = ask("POST", ada, {"decision": "approve", "reason": "Looked at"})
    assert status == 409
    assert "changed after registration" in page
    assert loop.item(f"APPROVAL#{review_id(version)}")["state"] == "void"
    assert loop.status(version) == "PendingManualApproval"
    assert loop.releases(version) == []
    assert loop.production() == before


def test_a_changed_artifact_that_studio_approved_is_refused_before_staging(
    loop: Loop, first: Released, tamper: Tamper
) -> None:
    before = loop.production()
    version = loop.registered(loop.push(message="Changed before staging"))
    tamper(version)
    loop.sagemaker.update_model_package(ModelPackageArn=version, ModelApprovalStatus="Approved")
    ended = loop.ended(loop.release(version))
    assert loop.path(ended) == ["Open Release", *CLOSING]
    assert (ended.status, ended.error) == ("FAILED", "ArtifactChangedError")
    assert loop.item(f"RELEASE#{ended.name}")["outcome"] == "refused"
    mail = loop.mails(f"Version {number(version)}: release failed")[-1]
    assert "model.tar.gz" in mail["text"]
    assert f"Production serves version {number(before[2])}" in mail["text"]
    assert loop.deployments(ended) == {}
    assert loop.production() == before


def test_an_artifact_changed_while_staging_stands_ends_the_release_at_the_button(
    loop: Loop, first: Released, tamper: Tamper
) -> None:
    before = loop.production()
    version = loop.registered(loop.push(message="Changed after staging"))
    loop.decide(review_id(version), "approve")
    release = loop.release(version)
    ada, _ = loop.asked(promotion_id(release))
    tamper(version)
    status, page = ask("POST", ada, {"decision": "approve", "reason": "Looked at"})
    assert status == 409
    assert "changed after registration" in page
    ended = loop.ended(release)
    assert loop.path(ended) == [
        "Open Release", "Take Turn", "Staging Needed?", "Deploy To Staging", "Test Staging",
        "Staging Passed?", "Ask For Promotion", *CLOSING,
    ]  # fmt: skip
    assert (ended.status, ended.error) == ("FAILED", "ArtifactChangedError")
    assert loop.item(f"RELEASE#{ended.name}")["outcome"] == "refused"
    assert set(loop.deployments(ended)) == {"staging"}
    assert loop.endpoint("staging") is None
    assert loop.production() == before
