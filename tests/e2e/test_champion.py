"""A new model beside the one in production: as good, worse, and what people hear of it."""

from __future__ import annotations

import json
from typing import Any

from tests.e2e.conftest import Released
from tests.support.loop import Loop, ask, number, review_id
from tests.support.models import Models
from tests.support.waiting import wait_until


def report_of(loop: Loop, version: str) -> Any:
    """report.json of a registered version."""
    described = loop.sagemaker.describe_model_package(ModelPackageName=version)
    uri = described["CustomerMetadataProperties"]["evaluation_uri"]
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    body = loop.cloud.client("s3").get_object(Bucket=bucket, Key=f"{key}/report.json")["Body"]
    return json.loads(body.read())


def test_the_first_version_has_nothing_to_be_compared_with(loop: Loop, first: Released) -> None:
    described = loop.sagemaker.describe_model_package(ModelPackageName=first.version)
    report = report_of(loop, first.version)

    metadata = described["CustomerMetadataProperties"]
    assert (metadata["champion_version"], metadata["challenge_verdict"]) == ("none", "first")
    assert "champion" not in report
    assert report["challenge"]["verdict"] == "first"


def test_a_model_as_good_as_the_live_one_is_registered_and_its_review_says_so(
    loop: Loop, first: Released
) -> None:
    live = number(loop.serves())
    version = loop.registered(loop.push(message="The same once more"))
    champion = report_of(loop, version)["champion"]
    links = loop.asked(review_id(version))
    # People are asked after the registry knows what they are asked about.
    described = loop.sagemaker.describe_model_package(ModelPackageName=version)
    metadata = described["CustomerMetadataProperties"]

    assert described["ModelApprovalStatus"] == "PendingManualApproval"
    assert (metadata["champion_version"], metadata["challenge_verdict"]) == (str(live), "as good")
    auc = f"{champion['metrics']['auc']:.6f}"
    assert metadata["champion_auc"] == auc
    gap = "+0.000000 from +0.000000 to +0.000000"
    assert metadata["challenge_difference_auc"] == gap
    assert metadata["golden_uri"]
    assert (champion["version"], champion["verdict"]) == (live, "as good")
    assert champion["differences"]["auc"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    _, page = ask("GET", links[0])
    lineage = page[page.index("Data and lineage") :]
    assert f"<dt>AUC of the champion</dt><dd>{auc}</dd>" in lineage
    assert f"<dt>Difference in AUC</dt><dd>{gap}</dd>" in lineage
    assert f"As good as version {live}: 0.000 AUC [0.000, 0.000] is within the noise" in page
    assert "By segment" in page
    assert "CheckData" in page
    assert "TrainCode" in page
    loop.decide(review_id(version), "reject", "Nothing new in it")


def test_a_worse_model_is_not_registered_and_the_mail_has_both_figures(
    loop: Loop, first: Released, models: Models
) -> None:
    before, versions, live = loop.production(), loop.versions(), number(loop.serves())
    models.edit("churn/parameters.yaml", "auc: { min: 0.85 }", "auc: { min: 0.5 }")
    models.edit("churn/parameters.yaml", "f1: { min: 0.6 }", "f1: { min: 0.05 }")
    models.edit("churn/parameters.yaml", "num_round: 300", "num_round: 5")
    models.edit("churn/parameters.yaml", "max_depth: 5", "max_depth: 1")
    models.render()
    commit = loop.push(models.source, "Five stumps")
    execution = loop.pipeline(commit)

    assert execution["PipelineExecutionStatus"] == "Failed"
    steps = loop.steps(execution)
    reasons = {name: step.get("FailureReason") for name, step in steps.items()}
    assert "ChallengerNotBetter" in steps, reasons
    assert steps["ChallengerNotBetter"]["StepStatus"] == "Failed"
    assert "Register" not in steps
    assert "NotGoodEnough" not in steps
    said = steps["ChallengerNotBetter"]["FailureReason"]
    mail = wait_until(lambda: loop.mails(commit[:8]))[-1]
    told = " ".join(mail["text"].split())
    assert mail["subject"] == "[churn] Challenger not better"
    assert f"of version {live} on the same" in said
    assert said in told
    assert "(gate.margin is 0.01)" in told
    assert f"to v{live} (0.9" in told
    assert loop.versions() == versions
    assert loop.production() == before
