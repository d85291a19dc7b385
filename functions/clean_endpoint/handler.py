"""The last step of a deployment: remember what runs, remove what nothing needs."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger

from adapters.settings import load
from clean_endpoint.cleaning import Settings, clean

settings = load(Settings)
logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """A deployment's plan and whether it worked → what was removed."""
    removed = clean(event["plan"], bool(event["deployed"]), settings, datetime.now(UTC))
    logger.info("Cleaned", extra={"endpoint": event["plan"]["endpoint_name"], "removed": removed})
    return {"removed": removed}
