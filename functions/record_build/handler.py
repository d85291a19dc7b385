"""A pipeline was started for a commit: the branch's last build, and the first line of its story."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger

from adapters.settings import load
from domain.building import Build
from domain.events import Commit
from record_build.recording import Settings, record

settings = load(Settings)
logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """A commit, its build and the pipeline execution → the older executions that were stopped."""
    commit, made = Commit(**event["commit"]), event["build"]
    parameters = {one["Name"]: one["Value"] for one in made["parameters"]}
    build = Build(
        commit.commit_id, commit.at, made["sources_digest"], made["description"], parameters
    )
    stopped = record(commit, build, event, settings, datetime.now(UTC))
    logger.info("Recorded", extra={"commit": commit.commit_id, "stopped": stopped})
    return {"stopped": stopped}
