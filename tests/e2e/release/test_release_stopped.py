"""A release's execution is stopped by hand: nothing of it stays, and the next one goes its way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support.harbour import Harbour
from tests.support.loop import Run, number, promotion_id
from tests.support.waiting import wait_until


def canary(bake_seconds: int) -> dict[str, Any]:
    """Production behind a canary that bakes so long on AWS."""
    return {
        "endpoint": {"instances": {"type": "ml.m5.large", "count": 2}},
        "rollout": {"type": "canary", "canary_percent": 50, "bake_seconds": bake_seconds},
    }


def stop(harbour: Harbour, release: Run) -> None:
    """StopExecution, and wait until Slipway has closed the release."""
    harbour.loop.cloud.client("stepfunctions").stop_execution(executionArn=release.arn)
    wait_until(lambda: closed(harbour, release)["outcome"] == "failed", 30, 0.1)


def closed(harbour: Harbour, release: Run) -> dict[str, Any]:
    """The release in the ledger."""
    return harbour.loop.item(f"RELEASE#{release.name}")


def alarms(harbour: Harbour) -> list[str]:
    """The alarms of deployments that are there."""
    prefix = f"{harbour.loop.outputs['ProductionEndpointName']}-v"
    found = harbour.loop.cloud.client("cloudwatch").describe_alarms(AlarmNamePrefix=prefix)
    return [alarm["AlarmName"] for alarm in found["MetricAlarms"]]


def test_a_release_that_is_stopped_while_it_waits_for_people_leaves_nothing(
    harbour: Harbour,
) -> None:
    loop, version = harbour.loop, harbour.register()
    release = harbour.approve(version)
    harbour.in_state(release, "Ask For Promotion")
    loop.asked(promotion_id(release))
    stop(harbour, release)
    wait_until(lambda: loop.endpoint("staging") is None, 30, 0.1)
    asked = loop.item(f"APPROVAL#{promotion_id(release)}")
    assert (asked["state"], "ABORTED" in asked["why"]) == ("void", True)
    assert loop.item(f"TURN#{loop.outputs['ProductionEndpointName']}")["holder"] is None
    assert loop.mails(f"version {number(version)}") or loop.mails(f"Version {number(version)}")
    name = loop.outputs["StagingEndpointName"]
    assert loop.sagemaker.list_endpoint_configs(NameContains=name)["EndpointConfigs"] == []
    harbour.say(version, "Rejected", "it was stopped")


def test_a_release_waits_for_what_a_stopped_one_has_left_on_its_way(
    harbour: Harbour, folder: Path
) -> None:
    """SageMaker goes on with an update whose execution was stopped, and refuses another."""
    loop = harbour.loop
    stopped, version = harbour.register(harbour.settings(**canary(1200))), harbour.register()
    with harbour.steady(folder) as client:
        release = harbour.approve(stopped)
        harbour.promote(release)
        harbour.in_state(release, "Deploy To Production")
        deployment = loop.deployments(release)["production"]
        harbour.in_state(deployment, "Await Endpoint")
        stop(harbour, release)
        assert len(alarms(harbour)) == 2, "what still bakes lost its guardrails"
        ended = harbour.released(version)
    assert ended.status == "SUCCEEDED", ended.cause
    path = loop.path(loop.deployments(ended)["production"])
    assert path[:7] == [
        "Plan Deployment", "Config Exists?", "Await Rest", "Rested Enough?", "Plan Again",
        "Config Exists?", "Create Model",
    ]  # fmt: skip
    assert loop.serves("production") == version
    assert alarms(harbour) == []
    assert [call for call in client.calls if call.status != 200] == []
    harbour.say(stopped, "Rejected", "it was stopped")


def test_an_endpoint_that_begins_to_scale_after_the_plan_is_waited_for(harbour: Harbour) -> None:
    """Await Rest is entered from a refused update as well, when all is made but the update."""
    loop = harbour.loop
    stopped, next_one = harbour.register(harbour.settings(**canary(600))), harbour.first
    release = harbour.approve(stopped)
    harbour.promote(release)
    harbour.in_state(release, "Deploy To Production")
    harbour.in_state(loop.deployments(release)["production"], "Await Endpoint")
    stop(harbour, release)
    commit = loop.sagemaker.describe_model_package(ModelPackageName=next_one)
    settings = commit["CustomerMetadataProperties"]["commit"]
    plan = dict(loop.invoke("PlanDeploymentFunction", {
        "stage": "production", "endpoint_name": loop.outputs["ProductionEndpointName"],
        "model_package_arn": next_one, "release_id": "meets-a-change",
        "settings_uri": f"s3://{loop.outputs['ArtifactBucketName']}/definitions/{settings}"
                        "/settings.json",
    }))  # fmt: skip
    assert plan["moves"]
    ended = harbour.deployed({**plan, "moves": False})
    assert ended.status == "SUCCEEDED", ended.cause
    path = loop.path(ended)
    at = path.index("Look For Endpoint")
    assert path[at - 1 : at + 6] == [
        "Update Endpoint", "Look For Endpoint", "Endpoint As Planned?", "Await Rest",
        "Rested Enough?", "Endpoint Exists?", "Update Endpoint",
    ]  # fmt: skip
    assert loop.serves("production") == next_one
    harbour.say(stopped, "Rejected", "it was stopped")
