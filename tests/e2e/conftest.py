"""One local cloud with the deployed, unmodified template, for all tests of the loop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from localcloud import cloud as clouds
from localcloud import logs
from localcloud.application import bring_up, generated_table
from tests.support.loop import Loop, Run, promotion_id, review_id
from tests.support.models import Models

ROWS = 1200
SEED = 7


@dataclass(frozen=True)
class Released:
    """One commit's way to production, as it was walked."""

    commit: str
    version: str
    build: Run
    release: Run
    deployments: dict[str, Run]
    tags: dict[str, dict[str, str]]
    served: str
    mails: list[dict[str, Any]]


@pytest.fixture(scope="session")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loop]:
    """The deployed stack, with a small table to train on."""
    home = tmp_path_factory.mktemp("loop")
    # A canary bakes for five minutes on AWS; here for three seconds.
    with clouds.start(home / "cloud", environment={"SLIPWAY_TIME_SCALE": "0.01"}) as cloud:
        table = generated_table(home / "table", ROWS, SEED)
        yield Loop(bring_up(cloud, table, home / "models"))
        logs.save(cloud, home / "cloud" / "logs")


@pytest.fixture
def models(tmp_path: Path) -> Models:
    """A copy of the pipelines to change and push."""
    return Models.copy(tmp_path)


@pytest.fixture(scope="session")
def first(loop: Loop) -> Released:
    """The first commit, pushed as it is, approved twice and in production."""
    commit = loop.push(message="The first model")
    version = loop.registered(commit)
    loop.decide(review_id(version), "approve", "Good figures")
    release = loop.release(version)
    links = loop.asked(promotion_id(release))
    assert len(links) == 2
    tags = tags_of_stage(loop, "staging")
    loop.decide(promotion_id(release), "approve", "Staging is fine")
    ended = loop.ended(release)
    return Released(
        commit=commit,
        version=version,
        build=loop.build(commit),
        release=ended,
        deployments=loop.deployments(release),
        tags={**tags, **tags_of_stage(loop, "production")},
        served=loop.serves("production"),
        mails=loop.mails(""),
    )


def tags_of_stage(loop: Loop, stage: str) -> dict[str, dict[str, str]]:
    """The tags of a stage's endpoint, its configuration and its model."""
    endpoint = loop.endpoint(stage)
    assert endpoint is not None
    config = loop.sagemaker.describe_endpoint_config(
        EndpointConfigName=endpoint["EndpointConfigName"]
    )
    model = loop.sagemaker.describe_model(ModelName=config["ProductionVariants"][0]["ModelName"])
    arns = {
        "endpoint": endpoint["EndpointArn"],
        "config": config["EndpointConfigArn"],
        "model": model["ModelArn"],
    }
    return {f"{stage} {kind}": loop.tags(arn) for kind, arn in arns.items()}
