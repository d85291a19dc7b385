"""The first step of a release: may this version be released, and by which settings?"""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger

from adapters.settings import load
from open_release.opening import Settings, open_release

settings = load(Settings)
logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """A release's name and version → what the state machine needs to go on."""
    release = open_release(event, settings, datetime.now(UTC))
    logger.info("Release opened", extra={"release_id": event["release_id"]})
    return release
