"""Releases that end before production changes, and calls whose answers were lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.support.harbour import Harbour
from tests.support.loop import number
from tests.support.waiting import wait_until


def test_an_artifact_that_is_changed_after_the_promotion_never_reaches_production(
    harbour: Harbour, folder: Path
) -> None:
    """A freeze holds the release between the button and production; then it looks again."""
    before, now = harbour.loop.production(), datetime.now(UTC)
    stages = harbour.settings()
    window = {"from": (now - timedelta(hours=1)).isoformat(),
              "until": (now + timedelta(seconds=30)).isoformat()}  # fmt: skip
    stages["approvals"] = {"promotion": {"hours": 24, "freeze": [window]}}
    version = harbour.register(stages)
    with harbour.steady(folder) as client:
        release = harbour.approve(version)
        harbour.promote(release)
        harbour.in_state(release, "Wait For Freeze To End")
        harbour.tamper(version)
        ended = harbour.loop.ended(release)
        client.goes_on()
    harbour.say(version, "Rejected", "it was changed")
    path = harbour.loop.path(ended)
    assert path[path.index("Ask For Promotion") :] == [
        "Ask For Promotion", "Promoted?", "Check Release", "Frozen?", "Wait For Freeze To End",
        "Check Release", "Close Release", "Keep Staging?", "Tear Down Staging", "Outcome?",
        "Refused",
    ]  # fmt: skip
    assert (ended.status, ended.error) == ("FAILED", "ArtifactChangedError")
    assert set(harbour.loop.deployments(ended)) == {"staging"}
    assert harbour.loop.production() == before
    assert [call for call in client.calls if call.status != 200] == []
    assert harbour.marks[version] not in harbour.answered_by(client.calls)


def _stands_by_hand(harbour: Harbour, version: str) -> str:
    """Staging on an instance, with a version's model; the names of its config and model."""
    loop, endpoint = harbour.loop, harbour.loop.outputs["StagingEndpointName"]
    name, live = f"{endpoint}-by-hand", loop.endpoint() or {}
    config = loop.sagemaker.describe_endpoint_config(EndpointConfigName=live["EndpointConfigName"])
    model = loop.sagemaker.describe_model(ModelName=config["ProductionVariants"][0]["ModelName"])
    described = loop.sagemaker.describe_model_package(ModelPackageName=version)
    container = described["InferenceSpecification"]["Containers"][0]
    taken = {key: container[key] for key in ("Image", "ModelDataUrl", "Environment")}
    loop.sagemaker.create_model(
        ModelName=name, PrimaryContainer=taken, ExecutionRoleArn=model["ExecutionRoleArn"]
    )
    variant = {"VariantName": "AllTraffic", "ModelName": name,
               "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}  # fmt: skip
    loop.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    loop.sagemaker.create_endpoint(EndpointName=endpoint, EndpointConfigName=name)
    wait_until(lambda: (loop.endpoint("staging") or {})["EndpointStatus"] == "InService")
    return name


def test_staging_that_stands_on_instances_is_made_anew_when_it_is_to_be_serverless(
    harbour: Harbour,
) -> None:
    """SageMaker does not turn the one into the other. A request under way delays the removal."""
    loop, endpoint = harbour.loop, harbour.loop.outputs["StagingEndpointName"]
    name = _stands_by_hand(harbour, harbour.register(fault="import time; time.sleep(8)"))
    version = harbour.register()
    request = {"EndpointName": endpoint, "ContentType": "text/csv", "Body": harbour.rows()[1]}
    runtime = loop.cloud.client("sagemaker-runtime")

    with ThreadPoolExecutor() as pool:
        answer = pool.submit(lambda: runtime.invoke_endpoint(**request))
        release = harbour.approve(version)
        harbour.in_state(release, "Ask For Promotion")

    assert answer.result()["Body"].read()
    made = loop.endpoint("staging") or {}
    assert "CurrentServerlessConfig" in made["ProductionVariants"][0]
    assert loop.serves("staging") == version
    path = loop.path(loop.deployments(release)["staging"])
    assert path[path.index("Endpoint Exists?") :][:7] == [
        "Endpoint Exists?", "Remove Endpoint", "Create Endpoint", "Look For Endpoint",
        "Endpoint As Planned?", "Wait For Removal", "Create Endpoint",
    ]  # fmt: skip
    harbour.say(version, "Rejected", "seen enough")
    assert loop.ended(release).error == "NotApprovedError"
    loop.sagemaker.delete_endpoint_config(EndpointConfigName=name)
    loop.sagemaker.delete_model(ModelName=name)


def test_an_endpoint_that_fails_at_its_creation_ends_the_release_by_name(
    harbour: Harbour, folder: Path
) -> None:
    before = harbour.loop.production()
    version = harbour.register(artifact=b"this is no archive")
    with harbour.steady(folder) as client:
        ended = harbour.loop.ended(harbour.approve(version))
    harbour.say(version, "Rejected", "it is no model")
    path = harbour.loop.path(harbour.loop.deployments(ended)["staging"])
    assert path[-4:] == [
        "What Happened?", "Clean Up After Failure", "Which Failure?", "Endpoint Failed",
    ]  # fmt: skip
    assert (ended.status, ended.error) == ("FAILED", "EndpointFailed")
    assert harbour.loop.item(f"RELEASE#{ended.name}")["outcome"] == "staging_failed"
    assert harbour.loop.mails(f"Version {number(version)}: release failed")
    assert harbour.loop.endpoint("staging") is None
    assert harbour.loop.production() == before
    assert [call for call in client.calls if call.status != 200] == []


def test_a_version_that_is_reset_to_pending_and_approved_again_is_released_again(
    harbour: Harbour,
) -> None:
    """As Studio's buttons do."""
    version = harbour.register(artifact=b"this is no archive")
    first = harbour.loop.ended(harbour.approve(version))
    harbour.say(version, "PendingManualApproval", "not yet")

    def known() -> bool:
        item = harbour.loop.item(f"VERSION#{version}")
        return bool(item["status"] == "PendingManualApproval")

    wait_until(known, 30, 0.1)
    assert [run.name for run in harbour.loop.releases(version)] == [first.name]
    second = harbour.loop.ended(harbour.approve(version))
    harbour.say(version, "Rejected", "it is no model")
    assert (first.error, second.error) == ("EndpointFailed", "EndpointFailed")
    assert len({run.name for run in harbour.loop.releases(version)}) == 2


def planned(harbour: Harbour, release_id: str) -> dict[str, Any]:
    """The plan of a deployment of the first version to staging."""
    loop = harbour.loop
    described = loop.sagemaker.describe_model_package(ModelPackageName=harbour.first)
    commit = described["CustomerMetadataProperties"]["commit"]
    bucket = loop.outputs["ArtifactBucketName"]
    event = {
        "stage": "staging", "endpoint_name": loop.outputs["StagingEndpointName"],
        "model_package_arn": harbour.first, "release_id": release_id,
        "settings_uri": f"s3://{bucket}/definitions/{commit}/settings.json",
    }  # fmt: skip
    return dict(loop.invoke("PlanDeploymentFunction", event))


def test_a_deployment_whose_answers_were_lost_goes_on_with_what_its_calls_have_made(
    harbour: Harbour,
) -> None:
    """SageMaker did each call, and the machine, which did not hear of it, makes each again."""
    plan, sagemaker = planned(harbour, "lost-answers"), harbour.loop.sagemaker
    sagemaker.create_model(**plan["model"])
    sagemaker.create_endpoint_config(**plan["endpoint_config"])
    sagemaker.create_endpoint(
        EndpointName=plan["endpoint_name"], EndpointConfigName=plan["endpoint_config_name"],
        Tags=plan["tags"],
    )  # fmt: skip
    ended = harbour.deployed(plan)
    removed = harbour.loop.invoke("TearDownStagingFunction", plan)
    assert ended.status == "SUCCEEDED", ended.cause
    assert harbour.loop.path(ended) == [
        "Plan Deployment", "Config Exists?", "Create Model", "Look At Model", "Model As Planned?",
        "Create Endpoint Config", "Look At Config", "Config As Planned?", "Make Alarms",
        "Endpoint Exists?", "Create Endpoint", "Look For Endpoint", "Endpoint As Planned?",
        "Await Endpoint", "Look At Endpoint", "What Happened?", "Scaling Changes?", "Clean Up",
        "Deployed",
    ]  # fmt: skip
    assert removed == {"removed": True}


def test_a_model_of_that_name_that_is_another_is_refused_in_sagemakers_words(
    harbour: Harbour,
) -> None:
    plan = planned(harbour, "another-model")
    other = plan["model"]["ExecutionRoleArn"] + "-of-another"
    harbour.loop.sagemaker.create_model(**plan["model"] | {"ExecutionRoleArn": other})
    ended = harbour.deployed(plan)
    assert harbour.loop.path(ended)[2:] == [
        "Create Model", "Look At Model", "Model As Planned?", "Clean Up After Failure",
        "Which Failure?", "Deployment Failed",
    ]  # fmt: skip
    assert (ended.status, ended.error) == ("FAILED", "SageMaker.SageMakerException")
    assert "already existing model" in ended.cause
    assert harbour.loop.endpoint("staging") is None
