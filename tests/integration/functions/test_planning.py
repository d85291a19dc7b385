"""A deployment's plan: every argument that the state machine passes on whole fits AWS's model."""

import json
from dataclasses import replace
from typing import Any

import pytest
from plan_deployment.planning import Settings, plan

from adapters import endpoints, scaling
from adapters.endpoints import Live
from domain.errors import InvalidSettingsError
from tests.support.aws_models import faults
from tests.support.product import BUCKET, PRODUCTION, STAGING, World, arn_of
from tests.support.stage_settings import SERVERLESS, stages

MODEL_ROLE = "arn:aws:iam::123456789012:role/model"
OTHER_MODEL_ROLE = "arn:aws:iam::210987654321:role/model"
SETTINGS = Settings(
    production_endpoint_name=PRODUCTION, production_role_arn="", artifact_bucket=BUCKET,
    model_role_arn=MODEL_ROLE, production_model_role_arn=MODEL_ROLE, project_id="p-1",
    project_name="churn",
)  # fmt: skip
LIVE = Live("InService", f"{PRODUCTION}-v6-ab", 3)
SCALING = {"autoscaling": {"min": 2, "max": 4, "invocations_per_instance": 100}}
KINDS: dict[str, dict[str, Any]] = {
    "serverless": {"endpoint": SERVERLESS},
    "all at once": {},
    "canary": {"rollout": {"type": "canary"}},
    "linear": {"rollout": {"type": "linear"}},
    "everything": {
        "rollout": {"type": "canary"}, "kms_key_id": "alias/k", **SCALING,
        "data_capture": {"enabled": True}, "vpc": {"subnets": ["s", "t"], "security_groups": ["g"]},
    },
}  # fmt: skip


def planned(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    production: dict[str, Any],
    live: Live | None,
    stage: str = "production",
    back_to: dict[str, str] | None = None,
) -> dict[str, Any]:
    document = {"stages": stages(production=production)}
    world.put("settings.json", json.dumps(document).encode())
    monkeypatch.setattr(endpoints, "look", lambda _, __: live)
    event = {
        "stage": stage, "endpoint_name": PRODUCTION, "model_package_arn": arn_of(7),
        "release_id": "release-v7-a1", "settings_uri": f"s3://{BUCKET}/settings.json",
        "back_to": back_to,
    }  # fmt: skip
    return plan(event, SETTINGS)


@pytest.mark.parametrize("live", [None, LIVE], ids=["first", "next"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_passed_on_whole_is_what_aws_takes(
    world: World, monkeypatch: pytest.MonkeyPatch, kind: str, live: Live | None
) -> None:
    if live and kind == "serverless":
        live = replace(live, count=None, is_serverless=True)
    found = planned(world, monkeypatch, KINDS[kind], live)

    assert not faults("sagemaker", "CreateModel", found["model"])
    assert not faults("sagemaker", "CreateEndpointConfig", found["endpoint_config"])
    assert not faults("sagemaker", "UpdateEndpoint", found["update"])
    for alarm in found["alarms"]:
        assert not faults("cloudwatch", "PutMetricAlarm", alarm)
    created = {"EndpointName": found["endpoint_name"], "Tags": found["tags"],
               "EndpointConfigName": found["endpoint_config_name"]}  # fmt: skip
    assert not faults("sagemaker", "CreateEndpoint", created)
    json.dumps(found, allow_nan=False)  # Step Functions carries it as JSON
    assert found["exists"] == (live is not None)


def test_the_model_is_exactly_this_version(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    found = planned(world, monkeypatch, {}, None)

    assert found["model"]["PrimaryContainer"] == {"ModelPackageName": arn_of(7)}


def test_a_deployment_keeps_the_count_that_scaling_reached(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = planned(world, monkeypatch, SCALING, LIVE)

    (variant,) = found["endpoint_config"]["ProductionVariants"]
    assert variant["InitialInstanceCount"] == 3


@pytest.mark.parametrize("is_there", [True, False])
def test_going_back_makes_what_it_goes_back_to_only_where_it_is_not(
    world: World, monkeypatch: pytest.MonkeyPatch, is_there: bool
) -> None:
    """Of what ran before production moved to another account, nothing is there."""
    back_to = {"config": f"{PRODUCTION}-v5-ab", "model": f"{PRODUCTION}-v5-cd", "from": LIVE.config}
    configs = [LIVE.config, back_to["config"]] if is_there else [LIVE.config]
    monkeypatch.setattr(endpoints, "configs_of", lambda _, __: configs)

    found = planned(world, monkeypatch, {}, LIVE, back_to=back_to)

    assert found["config_exists"] is is_there
    assert found["update"]["EndpointConfigName"] == back_to["config"]
    assert found["endpoint_config"]["EndpointConfigName"] == back_to["config"]
    (variant,) = found["endpoint_config"]["ProductionVariants"]
    assert variant["ModelName"] == found["model"]["ModelName"] == back_to["model"]


@pytest.mark.parametrize(("reached", "begins_with"), [(1, 2), (3, 3), (9, 4)])
def test_a_deployment_begins_within_the_bounds_that_its_settings_set(
    world: World, monkeypatch: pytest.MonkeyPatch, reached: int, begins_with: int
) -> None:
    """What the old bounds allowed, the new fleet would only start to stop again."""
    scaling = {"autoscaling": {"min": 2, "max": 4, "invocations_per_instance": 100}}
    found = planned(world, monkeypatch, scaling, replace(LIVE, count=reached))

    (variant,) = found["endpoint_config"]["ProductionVariants"]
    assert variant["InitialInstanceCount"] == begins_with


@pytest.mark.parametrize(
    ("reached", "size"),
    [
        (10, {"Type": "CAPACITY_PERCENT", "Value": 10}),
        (9, {"Type": "INSTANCE_COUNT", "Value": 1}),
    ],
)
def test_a_canary_is_a_share_of_the_instances_that_scaling_reached(
    world: World, monkeypatch: pytest.MonkeyPatch, reached: int, size: dict[str, Any]
) -> None:
    """A tenth of the two that the settings name would be one machine, whatever runs."""
    scaling = {"min": 2, "max": 10, "invocations_per_instance": 100}
    canary = {"rollout": {"type": "canary", "canary_percent": 10}, "autoscaling": scaling}
    found = planned(world, monkeypatch, canary, Live("InService", f"{PRODUCTION}-v6-ab", reached))

    policy = found["update"]["DeploymentConfig"]["BlueGreenUpdatePolicy"]
    assert policy["TrafficRoutingConfiguration"]["CanarySize"] == size


def test_without_scaling_the_settings_count(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    found = planned(world, monkeypatch, {}, LIVE)

    (variant,) = found["endpoint_config"]["ProductionVariants"]
    assert variant["InitialInstanceCount"] == 2
    assert (found["sets_scaling"], found["autoscaling"], found["count"]) == (True, None, 2)


def test_planning_again_plans_the_same(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Create Model and its kin are tried again under the same names."""
    once = planned(world, monkeypatch, {}, LIVE)

    assert planned(world, monkeypatch, {}, LIVE) == once


@pytest.mark.parametrize("status", ["Creating", "Updating", "SystemUpdating", "Deleting"])
def test_an_endpoint_that_moves_is_waited_for(
    world: World, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    assert planned(world, monkeypatch, {}, replace(LIVE, status=status))["moves"]
    assert not planned(world, monkeypatch, {}, LIVE)["moves"]
    assert not planned(world, monkeypatch, {}, None)["moves"]


def test_an_endpoint_that_failed_is_made_anew(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SageMaker: "DeleteEndpoint is the only operation that can be performed on a failed one"."""
    found = planned(world, monkeypatch, {}, replace(LIVE, status="Failed", count=None))

    assert (found["replaces"], found["exists"], found["alarms"]) == (True, False, [])
    assert not planned(world, monkeypatch, {}, LIVE)["replaces"]


@pytest.mark.parametrize(
    ("runs", "wanted", "lifts"),
    [
        ("ml.m5.large", {}, False),
        ("ml.c5.large", {}, True),
        ("", {"endpoint": {"instances": {"type": "ml.c5.large", "count": 2}}}, True),
    ],
)
def test_scaling_is_lifted_where_the_machines_become_others(
    world: World, monkeypatch: pytest.MonkeyPatch, runs: str, wanted: dict[str, Any], lifts: bool
) -> None:
    """SageMaker refuses another instance type for a scalable target. "": the config is gone."""
    registered = [True]
    monkeypatch.setattr(endpoints, "instance_type_in", lambda *_: runs)
    monkeypatch.setattr(scaling, "is_registered", lambda *_: registered[0])

    assert planned(world, monkeypatch, wanted, LIVE)["lifts_scaling"] is lifts
    registered[0] = False
    assert planned(world, monkeypatch, wanted, LIVE)["lifts_scaling"] is False
    assert planned(world, monkeypatch, wanted, None)["lifts_scaling"] is False


def test_a_first_deployment_makes_no_alarms_as_nothing_is_there_to_go_back_to(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert planned(world, monkeypatch, {}, None)["alarms"] == []
    assert len(planned(world, monkeypatch, {}, LIVE)["alarms"]) == 2


@pytest.mark.parametrize(
    ("stage", "endpoint", "reached_by", "serves_with"),
    [
        ("staging", STAGING, "", MODEL_ROLE),
        ("production", PRODUCTION, "arn:aws:iam::210987654321:role/deploy", OTHER_MODEL_ROLE),
    ],
)
def test_production_in_another_account_is_seen_by_its_role_and_serves_with_one_of_its_own(
    world: World, monkeypatch: pytest.MonkeyPatch, stage: str, endpoint: str, reached_by: str,
    serves_with: str,
) -> None:  # fmt: skip
    looked: list[tuple[str, str]] = []
    monkeypatch.setattr(endpoints, "look", lambda name, role: looked.append((name, role)))
    world.put("settings.json", json.dumps({"stages": stages()}).encode())
    settings = replace(
        SETTINGS, production_role_arn="arn:aws:iam::210987654321:role/deploy",
        production_model_role_arn=OTHER_MODEL_ROLE,
    )  # fmt: skip
    event = {
        "stage": stage, "endpoint_name": endpoint, "model_package_arn": arn_of(7),
        "release_id": "release-v7-a1", "settings_uri": f"s3://{BUCKET}/settings.json",
    }  # fmt: skip

    found = plan(event, settings)

    assert looked == [(endpoint, reached_by)]
    assert found["model"]["ExecutionRoleArn"] == serves_with


def test_production_on_instances_is_not_made_serverless_and_the_mend_is_named(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InvalidSettingsError, match=r"production\.endpoint is serverless"):
        planned(world, monkeypatch, KINDS["serverless"], LIVE)


def test_a_serverless_endpoint_is_updated_to_instances(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = planned(world, monkeypatch, {}, replace(LIVE, count=None, is_serverless=True))

    assert (found["exists"], found["replaces"]) == (True, False)


@pytest.mark.parametrize(
    ("live", "replaces"),
    [
        (LIVE, True),
        (replace(LIVE, is_serverless=True), False),
        (replace(LIVE, is_serverless=True, status="Failed"), True),
    ],
    ids=["on instances", "serverless", "failed"],
)
def test_staging_is_made_anew_where_it_cannot_be_changed(
    world: World, monkeypatch: pytest.MonkeyPatch, live: Live, replaces: bool
) -> None:
    found = planned(world, monkeypatch, {}, live, stage="staging")

    assert (found["replaces"], found["exists"]) == (replaces, not replaces)
