"""Captured requests to production are compared with what its version was trained on."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger

from adapters.settings import load
from domain.events import parse_time
from start_monitor.watching import Settings, watch

settings = load(Settings)
logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """A schedule's time (now, if there is none) → the outcome by its name, and what was started."""
    seen = watch(parse_time(event.get("at", ""), datetime.now(UTC)), settings)
    logger.info("Watch production", extra=seen)
    return seen
