"""Staging goes when no release needs it, however those end; never under another's feet."""

import json
from dataclasses import asdict
from typing import Any

import pytest
from close_release.closing import Settings, close

from adapters import aws, endpoints, staging, turns
from adapters.endpoints import Live
from domain import ledger as keys
from domain.turn import Release
from tests.support.product import NOW, PRODUCTION, STAGING, World, arn_of

ROLE = "arn:aws:iam::123456789012:role/model"
OLD, NEW = "release-v7-a1", "release-v8-a1"


def stands(world: World, release_id: str, *, noted: bool = True) -> str:
    """Staging runs the config of a release; `noted`: its deployment came to its end."""
    sagemaker, name = aws.client("sagemaker"), f"{STAGING}-v7-{release_id[-5:]}"
    container = {"Image": "image", "ModelDataUrl": "s3://bucket/model.tar.gz"}
    sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=ROLE)
    variant = {"VariantName": "AllTraffic", "ModelName": name, "InitialInstanceCount": 1,
               "InstanceType": "ml.m5.large", "InitialVariantWeight": 1}  # fmt: skip
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName=STAGING, EndpointConfigName=name)
    if noted:
        stage = {"config": name, "release_id": release_id}
        world.ledger.update(keys.stage_key(STAGING), stage)
    return name


def runs(world: World, release_id: str, number: int) -> None:
    """A release whose execution runs."""
    item = {"project": "churn", "at": keys.iso(NOW), "model_package_arn": arn_of(number),
            "outcome": "running", "execution_arn": f"arn:{release_id}"}  # fmt: skip
    world.ledger.create(keys.release_key(release_id), item)


def takes_turn(world: World, release_id: str, number: int) -> None:
    turns.take(
        world.ledger, PRODUCTION, Release(release_id, arn_of(number), f"arn:{release_id}"), NOW
    )


def left() -> tuple[int, int, int]:
    """How many endpoints, configs and models are left."""
    sagemaker = aws.client("sagemaker")
    return (
        len(sagemaker.list_endpoints()["Endpoints"]),
        len(sagemaker.list_endpoint_configs()["EndpointConfigs"]),
        len(sagemaker.list_models()["Models"]),
    )


def tear_down(world: World, release_id: str = "") -> bool:
    return staging.tear_down(world.ledger, STAGING, PRODUCTION, release_id)


@pytest.mark.parametrize("noted", [True, False])
def test_a_release_that_is_over_leaves_nothing(world: World, noted: bool) -> None:
    runs(world, OLD, 7)
    stands(world, OLD, noted=noted)

    assert tear_down(world, OLD)
    assert left() == (0, 0, 0)
    assert world.ledger.get(keys.stage_key(STAGING)) is None
    assert not tear_down(world, OLD)


def test_the_next_release_does_not_lose_staging_while_it_deploys_there(world: World) -> None:
    """The one before gave its turn back and is about to tear down what it deployed.

    The next has looked at staging already and is about to update it; its config is made.
    """
    runs(world, OLD, 7)
    runs(world, NEW, 8)
    takes_turn(world, OLD, 7)
    stands(world, OLD)
    world.register(7, "Rejected")
    takes_turn(world, NEW, 8)  # in line
    rejected = {"release_id": OLD, "model_package_arn": arn_of(7), "outcome": "rejected",
                "error": "PromotionRejected", "cause": "no"}  # fmt: skip

    close(rejected, Settings(**asdict(world.settings)), NOW)

    assert not tear_down(world, OLD)
    assert left() == (1, 1, 1)


def test_a_holder_that_died_keeps_nothing(world: World) -> None:
    runs(world, OLD, 7)
    runs(world, NEW, 8)
    takes_turn(world, NEW, 8)
    stands(world, OLD)
    world.ended.add(f"arn:{NEW}")

    assert tear_down(world, OLD)


def test_what_another_release_keeps_for_its_time_is_not_taken(world: World) -> None:
    runs(world, OLD, 7)
    stands(world, OLD)

    assert not tear_down(world, NEW), "a rollback has no staging of its own"
    assert not tear_down(world), "nor has the schedule"
    world.ended.add(f"arn:{OLD}")
    assert tear_down(world)
    assert left() == (0, 0, 0)


def test_staging_that_moves_is_left_for_the_next_look(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = stands(world, OLD)
    monkeypatch.setattr(endpoints, "look", lambda *_: Live("Creating", name, 1))

    assert not tear_down(world, OLD)


@pytest.mark.parametrize("outcome", ["running", "released"])
def test_a_release_that_was_stopped_tears_staging_down(
    world: World, monkeypatch: pytest.MonkeyPatch, outcome: str
) -> None:
    """While it waited for its promotion, or while it kept staging for its time."""
    world.register(7, "Approved")
    runs(world, OLD, 7)
    world.ledger.update(keys.release_key(OLD), {"outcome": outcome, "told": outcome != "running"})
    stands(world, OLD)
    world.ended.add(f"arn:{OLD}")
    handler = _end_release(world, monkeypatch)

    found = handler({"detail": {"executionArn": f"arn:{OLD}", "name": OLD, "status": "ABORTED"}})

    assert found["staging_removed"]
    assert left() == (0, 0, 0)


def _end_release(world: World, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The handler with the environment that the template gives it."""
    for name, value in asdict(world.settings).items():
        if isinstance(value, str):
            monkeypatch.setenv(name.upper(), value)
    monkeypatch.setenv("RELEASE_STATE_MACHINE_ARN", "arn:release")
    monkeypatch.setenv("POWERTOOLS_TRACE_DISABLED", "true")
    from end_release import handler as module

    monkeypatch.setattr(module, "settings", Settings(**asdict(world.settings)))

    class Context:
        function_name = memory_limit_in_mb = invoked_function_arn = aws_request_id = "test"

    return lambda event: module.handler(json.loads(json.dumps(event)), Context())
