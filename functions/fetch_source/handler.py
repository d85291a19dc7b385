"""The first step of a build: a commit is read, checked and stored; nothing of it is run."""

from typing import Any

from aws_lambda_powertools import Logger

from adapters.providers import Providers
from adapters.settings import load
from domain.events import Commit
from fetch_source.fetching import Settings, fetch

settings = load(Settings)
logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """A commit → the arguments of the SageMaker calls that follow."""
    commit = Commit(**event)
    providers = Providers(settings.github_api_url, settings.github_secret_arn)
    build = fetch(commit, providers.source(commit), settings)
    logger.info("Source stored", extra={"commit": commit.commit_id, "key": build["definition_key"]})
    return build
