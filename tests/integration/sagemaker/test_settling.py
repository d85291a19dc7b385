"""The machines of an endpoint that nothing scales any more, on the local SageMaker."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import pytest

from adapters import aws
from tests.integration.sagemaker.conftest import Studio, answering
from tests.integration.sagemaker.test_autoscaling import where
from tests.integration.sagemaker.test_rollouts import heard, listen
from tests.support import template
from tests.support.waiting import wait_until


@pytest.fixture(name="set_scaling")
def _set_scaling(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The function that sets scaling, told of an endpoint that is to run on two machines."""
    variables = template.environment(template.functions()["SetScalingFunction"])
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(aws, "client", lambda service, _="": studio.context.client(service))
    monkeypatch.delitem(sys.modules, "set_scaling.handler", raising=False)
    handler = importlib.import_module("set_scaling.handler").handler.__wrapped__

    def call(name: str) -> bool:
        event = {"endpoint_name": name, "stage": "any", "autoscaling": None, "count": 2}
        return bool(handler(event, None)["settled"])

    return call


def floor(studio: Studio, name: str, count: int) -> None:
    """Scale an endpoint to no fewer machines than these."""
    studio.context.client("application-autoscaling").register_scalable_target(
        **where(name), MinCapacity=count, MaxCapacity=count + 1
    )


def machines(doc: dict[str, Any]) -> tuple[int, int]:
    """The machines that an endpoint has and wants."""
    (variant,) = doc["ProductionVariants"]
    return variant["CurrentInstanceCount"], variant["DesiredInstanceCount"]


def targets(studio: Studio, name: str) -> list[Any]:
    """What scales an endpoint."""
    client = studio.context.client("application-autoscaling")
    asked = {"ServiceNamespace": "sagemaker", "ResourceIds": [where(name)["ResourceId"]]}
    return list(client.describe_scalable_targets(**asked)["ScalableTargets"])


def test_a_floor_that_has_acted_before_its_removal_is_undone(
    studio: Studio, set_scaling: Any
) -> None:
    name = studio.endpoint("floored", answering("one"))
    floor(studio, name, 3)
    assert machines(studio.settled(name)) == (3, 3)
    listen(studio, name)

    assert set_scaling(name) is False

    assert targets(studio, name) == []
    assert machines(studio.settled(name)) == (2, 2)
    told: list[str] = []

    def all_told() -> bool:
        told.extend(each["detail"]["EndpointStatus"] for each in heard(studio, name))
        return len(told) == 2

    wait_until(all_told, 10)
    assert told == ["UPDATING", "IN_SERVICE"]
    assert set_scaling(name) is True


def test_a_floor_that_is_acting_when_it_is_removed_is_awaited_and_then_undone(
    studio: Studio, set_scaling: Any
) -> None:
    name = studio.endpoint("flooring", answering("one"))
    floor(studio, name, 3)

    assert set_scaling(name) is False

    assert targets(studio, name) == []
    wait_until(lambda: studio.settled(name) and set_scaling(name), 20)
    assert machines(studio.sm.describe_endpoint(EndpointName=name)) == (2, 2)


@pytest.mark.parametrize("scaled", [True, False])
def test_a_count_that_is_as_asked_is_not_set_again(
    studio: Studio, set_scaling: Any, scaled: bool
) -> None:
    name = studio.endpoint(f"settled-{scaled}", answering("one"))
    if scaled:
        floor(studio, name, 1)
    before = studio.settled(name)["LastModifiedTime"]

    assert set_scaling(name) is True

    doc = studio.sm.describe_endpoint(EndpointName=name)
    assert (doc["EndpointStatus"], doc["LastModifiedTime"]) == ("InService", before)
    assert targets(studio, name) == []
