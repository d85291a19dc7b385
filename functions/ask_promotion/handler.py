"""Staging passed: register who waits, ask a person, and wait for the answer."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger

from adapters import asking
from adapters.settings import load
from ask_promotion.promoting import ask

settings = load(asking.Settings)
logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], _: Any) -> None:
    """Registers the token, asks, and looks once whether it is still wanted."""
    ask(event, settings, datetime.now(UTC))
    logger.info("Promotion asked", extra={"release_id": event["release_id"]})
