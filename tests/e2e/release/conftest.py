"""A local cloud whose clock of rollouts runs fast, with a first version in production."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud import cloud as clouds
from localcloud.application import bring_up, generated_table
from tests.support.harbour import Harbour
from tests.support.loop import Loop, promotion_id, review_id

# SageMaker's own waits (bake, termination) last this share of what is asked for.
TIME_SCALE = "0.02"
# So do the Wait states and the pauses between retries of the state machines.
WAIT_SCALE = "0.1"


@pytest.fixture(scope="session")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harbour]:
    """A stack of its own for releases."""
    home = tmp_path_factory.mktemp("harbour")
    scales = {"SLIPWAY_TIME_SCALE": TIME_SCALE, "SFN_WAIT_SCALE": WAIT_SCALE}
    with clouds.start(home / "cloud", environment=scales) as cloud:
        table = generated_table(home / "table", 1200, 7)
        # It never comes by itself while a test runs.
        stack = bring_up(cloud, table, home / "models", DriftSchedule="rate(1 day)")
        loop = Loop(stack)
        yield _first_release(loop)


def _first_release(loop: Loop) -> Harbour:
    commit = loop.push(message="The first model")
    version = loop.registered(commit)
    loop.decide(review_id(version), "approve", "Good figures")
    release = loop.release(version)
    loop.decide(promotion_id(release), "approve", "Staging is fine")
    assert loop.ended(release).status == "SUCCEEDED"
    bucket = loop.outputs["ArtifactBucketName"]
    stored = loop.cloud.client("s3").get_object(
        Bucket=bucket, Key=f"definitions/{commit}/settings.json"
    )
    stages = json.loads(stored["Body"].read())["stages"]
    # A test that looks into a bake sets its own.
    stages["production"]["rollout"]["bake_seconds"] = 30
    return Harbour(loop, version, stages)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a test's client writes its log."""
    return tmp_path
