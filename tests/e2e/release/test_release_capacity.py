"""AWS has no machines: another try, then an end with a name; what was live serves on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters.scaling import POLICY
from tests.support.harbour import Harbour

SCARCE, SCARCER = "ml.c5.9xlarge", "ml.c5.18xlarge"


def scarce(harbour: Harbour, kind: str = SCARCE, **rollout: Any) -> dict[str, Any]:
    """Production on machines that AWS may lack."""
    return harbour.settings(
        endpoint={"instances": {"type": kind, "count": 2}},
        rollout={"type": "all_at_once", "bake_seconds": 0, "capacity_wait_seconds": 1, **rollout},
    )


@pytest.fixture
def shortage(harbour: Harbour) -> Iterator[Path]:
    """A cloud that has no machines of one type while the file is there."""
    file = harbour.loop.cloud.home / "no-capacity"
    file.write_text(SCARCE)
    yield file
    file.unlink(missing_ok=True)


@contextmanager
def scales(harbour: Harbour) -> Iterator[Callable[[], list[tuple[int, int, float]]]]:
    """Production scales meanwhile; its bounds, and the policy's value."""
    client = harbour.loop.cloud.client("application-autoscaling")
    endpoint = harbour.loop.outputs["ProductionEndpointName"]
    where = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{endpoint}/variant/AllTraffic",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    client.register_scalable_target(**where, MinCapacity=2, MaxCapacity=3)
    client.put_scaling_policy(
        **where, PolicyName=POLICY, PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 1e6,
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
            },
        },
    )  # fmt: skip

    def found() -> list[tuple[int, int, float]]:
        targets = client.describe_scalable_targets(
            ServiceNamespace="sagemaker", ResourceIds=[where["ResourceId"]]
        )["ScalableTargets"]
        policies = client.describe_scaling_policies(**where)["ScalingPolicies"]
        return [
            (one["MinCapacity"], one["MaxCapacity"],
             policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"])
            for one in targets
            for policy in policies
        ]  # fmt: skip

    yield found
    client.deregister_scalable_target(**where)


def test_a_deployment_without_machines_is_tried_again(
    harbour: Harbour, folder: Path, shortage: Path
) -> None:
    version = harbour.register(scarce(harbour, capacity_wait_seconds=40))
    with harbour.steady(folder) as client:
        release = harbour.approve(version)
        harbour.promote(release)
        harbour.in_state(release, "Deploy To Production")
        deployment = harbour.loop.deployments(release)["production"]
        harbour.in_state(deployment, "Wait For Capacity")
        shortage.unlink()
        ended = harbour.loop.ended(release)
    assert ended.status == "SUCCEEDED", ended.cause
    assert harbour.loop.path(deployment).count("Update Endpoint") == 2
    assert harbour.loop.serves("production") == version
    assert [call for call in client.calls if call.status != 200] == []


def test_without_machines_for_good_the_release_ends_by_name_and_the_old_version_serves(
    harbour: Harbour, folder: Path, shortage: Path
) -> None:
    before = harbour.loop.production()
    shortage.write_text(SCARCER)  # other machines than production has by now
    version = harbour.register(scarce(harbour, SCARCER))
    with scales(harbour) as bounds, harbour.steady(folder) as client:
        ended = harbour.released(version)
        assert bounds() == [(2, 3, 1e6)], "what serves on does not scale on"
    harbour.say(version, "Rejected", "no machines")
    after = harbour.loop.production()
    assert (ended.status, ended.error) == ("FAILED", "InsufficientCapacity")
    deployment = harbour.loop.deployments(ended)["production"]
    path = harbour.loop.path(deployment)
    assert path.count("Update Endpoint") == 3
    assert path.count("Lift Scaling") == 1
    assert path[-5:] == [
        "Clean Up After Failure", "Which Failure?", "Restore Scaling", "Which Failure?",
        "No Capacity",
    ]  # fmt: skip
    assert (before[0], before[2:]) == (after[0], after[2:])
    assert [call for call in client.calls if call.status != 200] == []


def test_an_endpoint_that_fails_at_its_creation_is_removed(
    harbour: Harbour, shortage: Path
) -> None:
    stages = scarce(harbour)
    stages["staging"] = stages["staging"] | {
        "endpoint": {"instances": {"type": SCARCE, "count": 1}},
        "rollout": {"capacity_wait_seconds": 1},
    }
    version = harbour.register(stages)
    release = harbour.loop.ended(harbour.approve(version))
    harbour.say(version, "Rejected", "no machines")
    assert (release.status, release.error) == ("FAILED", "InsufficientCapacity")
    assert harbour.loop.endpoint("staging") is None
    name = harbour.loop.outputs["StagingEndpointName"]
    assert harbour.loop.sagemaker.list_endpoint_configs(NameContains=name)["EndpointConfigs"] == []
    assert harbour.loop.sagemaker.list_models(NameContains=name)["Models"] == []
