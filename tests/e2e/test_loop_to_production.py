"""A commit goes to production: what was walked, what stands, what people and the registry read."""

from __future__ import annotations

import pytest

from localcloud.application import customers, predict
from tests.e2e.conftest import Released
from tests.support.loop import Loop, promotion_id, review_id

BUILD = [
    "Fetch Source",
    "Anything Changed?",
    "Update Pipeline",
    "Create Pipeline",
    "Start Pipeline",
    "Record Build",
]
DEPLOY = [
    "Plan Deployment", "Config Exists?", "Create Model", "Create Endpoint Config", "Make Alarms",
    "Endpoint Exists?", "Create Endpoint", "Await Endpoint", "Look At Endpoint",
]  # fmt: skip
RELEASE = [
    "Open Release", "Take Turn", "Staging Needed?", "Deploy To Staging", "Test Staging",
    "Staging Passed?", "Ask For Promotion", "Promoted?", "Check Release", "Frozen?",
    "Deploy To Production", "Verify Production", "Production Verified?", "Close Release",
    "Keep Staging?", "Tear Down Staging", "Outcome?", "Released",
]  # fmt: skip
PROJECT = {"sagemaker:project-name": "churn", "sagemaker:project-id": "slipway-1"}


def test_the_first_commit_creates_the_pipeline_and_starts_it(loop: Loop, first: Released) -> None:
    assert loop.path(first.build) == [*BUILD, "Build Started"]


def test_the_release_walks_from_staging_to_production(loop: Loop, first: Released) -> None:
    assert loop.path(first.release) == RELEASE
    assert first.release.status == "SUCCEEDED"


@pytest.mark.parametrize("stage", ["staging", "production"])
def test_each_stage_is_deployed_once_and_its_endpoint_awaited(
    loop: Loop, first: Released, stage: str
) -> None:
    path = loop.path(first.deployments[stage])
    assert path[: len(DEPLOY)] == DEPLOY
    assert path[-2:] == ["Clean Up", "Deployed"]


def test_production_serves_the_version_and_answers_for_customers(
    loop: Loop, first: Released
) -> None:
    assert first.served == first.version
    scores = predict(loop.application, customers(loop.application))
    assert len(set(scores)) > 1
    assert all(0 <= score <= 1 for score in scores)


def test_staging_is_torn_down_when_production_is_verified(loop: Loop, first: Released) -> None:
    assert loop.endpoint("staging") is None
    name = loop.outputs["StagingEndpointName"]
    assert loop.sagemaker.list_endpoint_configs(NameContains=name)["EndpointConfigs"] == []
    assert loop.sagemaker.list_models(NameContains=name)["Models"] == []
    assert loop.ledger(f"STAGE#{name}") == []


def test_the_ledger_and_the_registry_say_what_happened(loop: Loop, first: Released) -> None:
    item = loop.item(f"RELEASE#{first.release.name}")
    assert (item["outcome"], item["version"], item["commit"]) == ("released", 1, first.commit)
    assert loop.status(first.version) == "Approved"
    for approval_id in (review_id(first.version), promotion_id(first.release)):
        approval = loop.item(f"APPROVAL#{approval_id}")
        assert approval["state"] == "approved"
    kinds = {item["kind"] for item in loop.ledger(f"TIMELINE#{first.version}")}
    assert kinds >= {
        "registered", "review_asked", "approved", "release", "staging_test", "promotion_asked",
        "promoted", "production_test", "released",
    }  # fmt: skip
    assert loop.ledger("WAIT#promotion") == []
    assert loop.ledger("WAIT#turn") == []


def test_each_approver_gets_three_mails_and_their_own_links(loop: Loop, first: Released) -> None:
    for person in ("ada@example.com", "grace@example.com"):
        mails = [mail["text"] for mail in first.mails if person in mail["to"]]
        assert len(mails) == 3
        assert "/approvals/review-" in mails[0]
        assert "/approvals/promotion-" in mails[1]
        assert "is in production" in mails[2]
    ada, grace = loop.asked(review_id(first.version))
    assert ada != grace


def test_the_release_page_says_what_is_in_production(loop: Loop, first: Released) -> None:
    page = loop.releases_page()
    assert loop.outputs["ProductionEndpointName"] in page
    assert first.commit[:8] in page


def test_everything_made_at_run_time_carries_the_projects_tags(loop: Loop, first: Released) -> None:
    pipeline = loop.sagemaker.describe_pipeline(PipelineName=loop.outputs["PipelineName"])
    found = {
        "pipeline": loop.tags(pipeline["PipelineArn"]),
        **first.tags,
    }
    steps = loop.steps(loop.pipeline(first.commit))
    for name, step in steps.items():
        metadata = step.get("Metadata", {})
        for kind in ("ProcessingJob", "TrainingJob"):
            if kind in metadata:
                found[name] = loop.tags(metadata[kind]["Arn"])
    assert {"CheckData", "Preprocess", "Train", "Evaluate"} <= set(found)
    missing = {name: tags for name, tags in found.items() if not tags.items() >= PROJECT.items()}
    assert missing == {}
