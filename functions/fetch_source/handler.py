"""The first step of a build: a commit is read, checked and stored; nothing of it is run."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger

from adapters.settings import load
from domain.events import Commit
from fetch_source.fetching import Settings, fetch

settings = load(Settings)
logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """A commit → the arguments of the SageMaker calls that follow."""
    commit = Commit(**event)
    build = fetch(commit, settings.providers.source(commit), settings, datetime.now(UTC))
    logger.info("Source read", extra={"commit": commit.commit_id, "unchanged": build["unchanged"]})
    return build
