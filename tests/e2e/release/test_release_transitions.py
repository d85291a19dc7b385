"""Nothing polls: a long rollout costs as many state transitions as a short one."""

from __future__ import annotations

import json
from typing import Any

from tests.support.harbour import Harbour

# Release and both deployments, by the states that they enter.
RELEASE, STAGING, PRODUCTION = 18, 13, 17


def canary(bake_seconds: int) -> dict[str, Any]:
    return {
        "endpoint": {"instances": {"type": "ml.m5.large", "count": 2}},
        "rollout": {"type": "canary", "canary_percent": 50, "bake_seconds": bake_seconds},
    }


def test_a_long_rollout_takes_as_many_transitions_as_a_short_one(harbour: Harbour) -> None:
    loop, counts, baked = harbour.loop, [], []
    for bake in (0, 600):
        release = harbour.released(harbour.register(harbour.settings(**canary(bake))))
        assert release.status == "SUCCEEDED", release.cause
        deployments = loop.deployments(release)
        runs = [release, deployments["staging"], deployments["production"]]
        counts.append([len(loop.path(run)) for run in runs])
        times = [event["timestamp"] for event in loop.history(deployments["production"])]
        baked.append((times[-1] - times[0]).total_seconds())
    assert baked[1] > baked[0] + 8, "the long one was not longer"
    assert counts[0] == counts[1], json.dumps(counts)
    assert counts[0] == [RELEASE, STAGING, PRODUCTION]
