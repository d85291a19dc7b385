"""Where a commit ends that does not reach production: by a person, by a test, by the gate."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline_def.datasets import abalone
from tests.e2e.conftest import Released
from tests.support.loop import Loop, number, promotion_id, review_id
from tests.support.models import Models
from tests.support.waiting import wait_until

TO_PROMOTION = [
    "Open Release", "Take Turn", "Staging Needed?", "Deploy To Staging", "Test Staging",
    "Staging Passed?",
]  # fmt: skip
CLOSING = ["Close Release", "Keep Staging?", "Tear Down Staging", "Outcome?"]


def test_a_version_rejected_at_review_is_never_deployed(loop: Loop, first: Released) -> None:
    before = loop.production()
    version = loop.registered(loop.push(message="To be rejected at review"))
    loop.decide(review_id(version), "reject", "Too many false alarms")
    assert loop.status(version) == "Rejected"
    wait_until(lambda: [v for v in loop.ledger(f"VERSION#{version}") if v["status"] == "Rejected"])
    assert loop.releases(version) == []
    assert loop.endpoint("staging") is None
    assert loop.production() == before


def test_a_version_rejected_at_promotion_leaves_production_as_it_was(
    loop: Loop, first: Released
) -> None:
    before = loop.production()
    version = loop.registered(loop.push(message="To be rejected at promotion"))
    loop.decide(review_id(version), "approve")
    release = loop.release(version)
    assert len(loop.asked(promotion_id(release))) == 2
    assert loop.serves("staging") == version
    loop.decide(promotion_id(release), "reject", "Not before the holidays")
    ended = loop.ended(release)
    assert loop.path(ended) == [
        *TO_PROMOTION, "Ask For Promotion", "Promoted?", "Note Rejection", *CLOSING, "Rejected",
    ]  # fmt: skip
    wait_until(lambda: loop.status(version) == "Rejected")
    item = loop.item(f"RELEASE#{release.name}")
    assert item["outcome"] == "rejected"
    assert "Not before the holidays" in item["reason"]
    assert loop.endpoint("staging") is None
    assert loop.production() == before


def test_a_model_that_fails_a_test_in_staging_is_not_asked_about(
    loop: Loop, first: Released, models: Models
) -> None:
    before = loop.production()
    models.edit("churn/stages.yaml", "p95_ms: 500\n    conc", "p95_ms: 0.001\n    conc")
    models.render()
    version = loop.registered(loop.push(models.source, "An impossible budget"))
    loop.decide(review_id(version), "approve")
    ended = loop.ended(loop.release(version))
    assert loop.path(ended) == [*TO_PROMOTION, "Refuse At Staging", *CLOSING, "Staging Failed"]
    assert (ended.status, ended.error) == ("FAILED", "StagingTestFailed")
    assert "latency: p95" in ended.cause
    mail = loop.mails(f"Version {number(version)}: release failed")[-1]
    assert "the budget is 0" in mail["text"]
    assert f"Production serves version {number(before[2])}" in mail["text"]
    assert loop.ledger(f"APPROVAL#{promotion_id(ended)}") == []
    assert loop.item(f"RELEASE#{ended.name}")["outcome"] == "staging_failed"
    assert loop.endpoint("staging") is None
    assert loop.production() == before


def test_a_model_below_the_gate_is_not_registered_and_the_mail_has_the_figures(
    loop: Loop, first: Released, models: Models
) -> None:
    versions = loop.versions()
    models.edit("churn/parameters.yaml", "auc: { min: 0.85 }", "auc: { min: 0.999 }")
    models.render()
    commit = loop.push(models.source, "A gate that nobody passes")
    execution = loop.pipeline(commit)
    assert execution["PipelineExecutionStatus"] == "Failed"
    steps = loop.steps(execution)
    assert "Register" not in steps
    assert steps["NotGoodEnough"]["StepStatus"] == "Failed"
    (mail, _) = wait_until(lambda: mails_about(loop, commit, 2))
    assert mail["subject"] == "[churn] Gate not met"
    told = " ".join(mail["text"].split())
    assert "auc 0.9" in told
    assert "(at least 0.999)" in told
    assert loop.versions() == versions


@pytest.fixture
def other_table(loop: Loop, tmp_path: Path) -> None:
    """Another table in place of the one that the loop trains on; put back afterwards."""
    s3, bucket = loop.cloud.client("s3"), loop.outputs["ArtifactBucketName"]
    (listed,) = s3.list_objects_v2(Bucket=bucket, Prefix="data/")["Contents"]
    good = s3.get_object(Bucket=bucket, Key=listed["Key"])["Body"].read()
    abalone.write(tmp_path / "abalone.csv", 300, 7)
    s3.upload_file(str(tmp_path / "abalone.csv"), bucket, listed["Key"])
    yield
    s3.put_object(Bucket=bucket, Key=listed["Key"], Body=good)


@pytest.mark.usefixtures("other_table")
def test_another_table_is_refused_by_name_and_the_mail_says_the_mend(
    loop: Loop, first: Released
) -> None:
    versions = loop.versions()
    commit = loop.push(message="Abalone by mistake")
    execution = loop.pipeline(commit)
    assert execution["PipelineExecutionStatus"] == "Failed"
    (mail, _) = wait_until(lambda: mails_about(loop, commit, 2))
    assert mail["subject"] == "[churn] Pipeline failed: CheckData"
    told = " ".join(mail["text"].split())
    assert "telecom.csv, line 1 is not the header of this table" in told
    assert "describe this one under table in parameters.yaml" in told
    assert loop.versions() == versions


def test_a_stale_definition_is_refused_with_the_command_that_mends_it(
    loop: Loop, first: Released, models: Models
) -> None:
    models.edit("churn/parameters.yaml", "auc: { min: 0.85 }", "auc: { min: 0.8 }")
    commit = loop.push(models.source, "Forgot make pipeline")
    build = loop.build(commit)
    assert loop.path(build) == ["Fetch Source", "Report Refused Build", "Build Refused"]
    assert build.error == "StaleDefinitionError"
    (mail, _) = mails_about(loop, commit, 2)
    assert mail["subject"] == f"[churn] Build refused: {commit[:8]}"
    assert "parameters.yaml changed" in mail["text"]
    assert "run make pipeline" in " ".join(mail["text"].split())


def test_a_commit_without_the_watched_folder_is_refused_by_its_name(
    loop: Loop, first: Released, models: Models
) -> None:
    (models.source / "churn").rename(models.source / "renamed")
    commit = loop.push(models.source, "Renamed the folder")
    build = loop.build(commit)
    assert loop.path(build) == ["Fetch Source", "Report Refused Build", "Build Refused"]
    assert build.error == "UnknownFolderError"
    (mail, _) = mails_about(loop, commit, 2)
    assert "pipeline_def/churn/pipeline.json" in mail["text"]
    assert "make pipeline" in " ".join(mail["text"].split())


def mails_about(loop: Loop, commit: str, count: int) -> list[dict[str, str]]:
    """The mails that name a commit, when there are that many (one for each approver)."""
    found = loop.mails(commit[:8])
    return found if len(found) >= count else []
