"""Cleaning up tries to delete everything it may, and never takes what is live or last good."""

from datetime import timedelta
from typing import Any

import pytest
from clean_endpoint.cleaning import Settings, clean

from adapters import aws, endpoints
from adapters.endpoints import Live
from domain import ledger as keys
from domain.keeping import Good, to_items
from domain.ledger import Fact
from tests.support.product import NOW, PRODUCTION, STAGING, TABLE, World, arn_of

SETTINGS = Settings(
    ledger_table=TABLE, project_name="churn",
    production_endpoint_name=PRODUCTION, production_role_arn="",
)  # fmt: skip
ROLE = "arn:aws:iam::123456789012:role/model"


def plan(name: str, **more: Any) -> dict[str, Any]:
    """What cleaning reads of a deployment's plan."""
    return {
        "endpoint_name": PRODUCTION, "endpoint_config_name": name, "model_name": name,
        "model_package_arn": arn_of(9), "release_id": "release-v9-a1", "alarms": [],
        "exists": True, "not_good": "", "stage": "production",
        "endpoint_config": {"ProductionVariants": [{"InitialInstanceCount": 1}]}, **more,
    }  # fmt: skip


def made(config: str, model: str = "") -> str:
    """A config with its model, as a deployment or a person makes them."""
    sagemaker, name = aws.client("sagemaker"), model or config
    if name not in models():
        container = {"Image": "image", "ModelDataUrl": "s3://bucket/model.tar.gz"}
        sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=ROLE)
    variant = {"VariantName": "AllTraffic", "ModelName": name, "InitialInstanceCount": 1,
               "InstanceType": "ml.m5.large", "InitialVariantWeight": 1}  # fmt: skip
    sagemaker.create_endpoint_config(EndpointConfigName=config, ProductionVariants=[variant])
    return config


def configs() -> set[str]:
    """The configs that are left."""
    found = aws.client("sagemaker").list_endpoint_configs(MaxResults=100)["EndpointConfigs"]
    return {one["EndpointConfigName"] for one in found}


def models() -> set[str]:
    """The models that are left."""
    found = aws.client("sagemaker").list_models(MaxResults=100)["Models"]
    return {one["ModelName"] for one in found}


def serve(config: str) -> None:
    """Production runs a config."""
    aws.client("sagemaker").create_endpoint(EndpointName=PRODUCTION, EndpointConfigName=config)


@pytest.mark.parametrize("deployed", [True, False])
def test_what_is_live_stays_though_the_ledger_knows_of_nothing_good(
    world: World, deployed: bool
) -> None:
    live, old = made(f"{PRODUCTION}-v6-ab"), made(f"{PRODUCTION}-v5-cd")
    serve(live)

    removed = clean(plan(live if deployed else f"{PRODUCTION}-v9-ef"), deployed, SETTINGS, NOW)

    assert removed == [old]
    assert configs() == models() == {live}


def test_the_last_good_ones_stay_and_what_failed_goes(world: World) -> None:
    good = [made(f"{PRODUCTION}-v{n}-ab") for n in (8, 7, 6)]
    failed = made(f"{PRODUCTION}-v9-ef")
    serve(good[0])
    stored = [Good(name, name, arn_of(1), "release") for name in good]
    world.ledger.update(keys.stage_key(PRODUCTION), {"good": to_items(stored)})

    assert clean(plan(failed), False, SETTINGS, NOW) == [failed]
    assert configs() == models() == set(good)


def test_a_model_that_a_person_put_live_by_another_config_is_not_taken_away(
    world: World,
) -> None:
    """Its config does not have its name, and no release has noted it."""
    model = f"{PRODUCTION}-v6-ab"
    made(model)
    serve(made("mended-by-hand", model))

    clean(plan(f"{PRODUCTION}-v9-ef"), False, SETTINGS, NOW)

    assert models() == {model}
    assert "mended-by-hand" in configs()


def test_the_config_of_an_endpoint_that_moves_is_left_for_the_next_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    live, next_one = made(f"{PRODUCTION}-v6-ab"), made(f"{PRODUCTION}-v9-ef")
    serve(live)
    monkeypatch.setattr(endpoints, "look", lambda *_: Live("Updating", live, 1))

    assert clean(plan(next_one), False, SETTINGS, NOW) == []
    assert configs() == {live, next_one}


def test_what_runs_is_listed_first_though_much_has_happened_since(world: World) -> None:
    """The release page reads the newest items: production and its button were gone after them."""
    live = made(f"{PRODUCTION}-v9-ef")
    serve(live)
    clean(plan(live), True, SETTINGS, NOW)
    for day in range(400):
        at = NOW + timedelta(days=day)
        world.ledger.record(Fact("churn", "commit:c", "trained", "Trained", at, str(day)))

    (stage,) = [i for i in world.ledger.recent("churn") if i["pk"].startswith("STAGE#")]
    assert stage["config"] == live
    assert keys.since(stage) == keys.iso(NOW)


def alarm(config: str) -> str:
    """An alarm as a deployment makes it."""
    name = f"{config}-5xx"
    aws.client("cloudwatch").put_metric_alarm(
        AlarmName=name, MetricName="Invocation5XXErrors", Namespace="AWS/SageMaker", Period=60,
        Statistic="Sum", Threshold=1, EvaluationPeriods=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
    )  # fmt: skip
    return name


def alarms_left() -> set[str]:
    """The alarms that are left."""
    found = aws.client("cloudwatch").describe_alarms()["MetricAlarms"]
    return {one["AlarmName"] for one in found}


def test_the_alarms_of_a_deployment_that_was_stopped_are_removed_with_its_own(
    world: World,
) -> None:
    live, stopped = made(f"{PRODUCTION}-v9-ef"), made(f"{PRODUCTION}-v8-stopped")
    serve(live)
    for config in (live, stopped, f"{STAGING}-v9-gh"):
        alarm(config)

    clean(plan(live), True, SETTINGS, NOW)

    assert alarms_left() == {f"{STAGING}-v9-gh-5xx"}


def test_what_still_bakes_keeps_its_alarms(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The deployment was given up waiting for; SageMaker goes on with it, and may roll it back."""
    live, next_one = made(f"{PRODUCTION}-v6-ab"), made(f"{PRODUCTION}-v9-ef")
    serve(live)
    guard = alarm(next_one)
    monkeypatch.setattr(endpoints, "look", lambda *_: Live("Updating", live, 1))

    clean(plan(next_one, alarms=[{"AlarmName": guard}]), False, SETTINGS, NOW)

    assert alarms_left() == {guard}
