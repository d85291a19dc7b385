"""Application Auto Scaling of an endpoint's variant."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.sagemaker.tracking import desired
from tests.integration.sagemaker.conftest import Studio, answering
from tests.support.waiting import wait_until

DIMENSION = "sagemaker:variant:DesiredInstanceCount"


def where(name: str) -> dict[str, str]:
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{name}/variant/AllTraffic",
        "ScalableDimension": DIMENSION,
    }


def test_a_busy_variant_is_scaled_out_and_an_update_that_retains_keeps_the_count(
    studio: Studio,
) -> None:
    name = studio.endpoint("elastic", answering("one"))
    client = studio.context.client("application-autoscaling")
    client.register_scalable_target(**where(name), MinCapacity=1, MaxCapacity=4)
    client.put_scaling_policy(
        **where(name),
        PolicyName="by-load",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 1.0,
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
            },
            "ScaleInCooldown": 3600,
            "ScaleOutCooldown": 0,  # it may be seen in two steps, when the machine is busy
        },
    )

    def count() -> int:
        studio.ask(name)
        (variant,) = studio.sm.describe_endpoint(EndpointName=name)["ProductionVariants"]
        return int(variant["CurrentInstanceCount"])

    wait_until(lambda: count() == 4, 60)
    (activity, *_) = client.describe_scaling_activities(ServiceNamespace="sagemaker")[
        "ScalingActivities"
    ]
    assert activity["StatusCode"] == "Successful"
    second = studio.config("elastic-2", studio.model("elastic-2", answering("two")))
    studio.sm.update_endpoint(
        EndpointName=name, EndpointConfigName=second, RetainAllVariantProperties=True
    )
    (variant,) = studio.settled(name)["ProductionVariants"]
    assert variant["CurrentInstanceCount"] == 4


@pytest.mark.parametrize(("limits", "count"), [((3, 4), 3), ((1, 1), 1)])
def test_registering_brings_a_variant_within_the_limits(
    studio: Studio, limits: tuple[int, int], count: int
) -> None:
    """Without any policy: so says the API reference of RegisterScalableTarget."""
    name = studio.endpoint(f"limited-{count}", answering("one"))
    client = studio.context.client("application-autoscaling")

    client.register_scalable_target(**where(name), MinCapacity=limits[0], MaxCapacity=limits[1])

    (variant,) = studio.settled(name)["ProductionVariants"]
    assert variant["CurrentInstanceCount"] == variant["DesiredInstanceCount"] == count


def test_targets_and_policies_are_described_and_removed(studio: Studio) -> None:
    name = studio.endpoint("fixed", answering("one"))
    client = studio.context.client("application-autoscaling")
    client.register_scalable_target(**where(name), MinCapacity=1, MaxCapacity=2)
    client.register_scalable_target(**where(name), MaxCapacity=3)
    asked = {"ServiceNamespace": "sagemaker", "ResourceIds": [where(name)["ResourceId"]]}
    (target,) = client.describe_scalable_targets(**asked)["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 3)
    client.deregister_scalable_target(**where(name))
    with pytest.raises(client.exceptions.ObjectNotFoundException):
        client.deregister_scalable_target(**where(name))


def test_a_variant_that_does_not_exist_cannot_be_scaled(studio: Studio) -> None:
    client = studio.context.client("application-autoscaling")
    with pytest.raises(ClientError, match="Could not find endpoint"):
        client.register_scalable_target(**where("nobody"), MinCapacity=1, MaxCapacity=2)


@pytest.mark.parametrize(
    ("current", "seen", "wanted"), [(1, 250.0, 3), (1, 9000.0, 4), (4, 95.0, 4), (4, 30.0, 2)]
)
def test_the_wanted_count_brings_the_load_to_the_target_within_limits(
    current: int, seen: float, wanted: int
) -> None:
    settings: dict[str, Any] = {"TargetValue": 100.0}
    limits = {"MinCapacity": 1, "MaxCapacity": 4}
    assert desired(settings, limits, current, seen) == wanted
