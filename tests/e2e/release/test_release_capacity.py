"""AWS has no machines: another try, then an end with a name; what was live serves on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.harbour import Harbour

SCARCE = "ml.c5.9xlarge"


def scarce(harbour: Harbour, **rollout: Any) -> dict[str, Any]:
    """Production on machines that AWS may lack."""
    return harbour.settings(
        endpoint={"instances": {"type": SCARCE, "count": 2}},
        rollout={"type": "all_at_once", "bake_seconds": 0, "capacity_wait_seconds": 1, **rollout},
    )


@pytest.fixture
def shortage(harbour: Harbour) -> Iterator[Path]:
    """A cloud that has no machines of one type while the file is there."""
    file = harbour.loop.cloud.home / "no-capacity"
    file.write_text(SCARCE)
    yield file
    file.unlink(missing_ok=True)


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
    version = harbour.register(scarce(harbour))
    with harbour.steady(folder) as client:
        ended = harbour.released(version)
    harbour.say(version, "Rejected", "no machines")
    after = harbour.loop.production()
    assert (ended.status, ended.error) == ("FAILED", "InsufficientCapacity")
    deployment = harbour.loop.deployments(ended)["production"]
    path = harbour.loop.path(deployment)
    assert path.count("Update Endpoint") == 3
    assert path[-3:] == ["Clean Up After Failure", "Which Failure?", "No Capacity"]
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
