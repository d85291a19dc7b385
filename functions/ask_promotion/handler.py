"""Staging passed: register who waits, ask a person, and wait for the answer."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger

from adapters import asking, registry, turns
from adapters.ledger import Ledger
from adapters.settings import load
from domain.ledger import promotion_wait

settings = load(asking.Settings)
logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], _: Any) -> None:
    """Registers the token, asks, and looks once whether a newer release is in line already."""
    now, ledger = datetime.now(UTC), Ledger(settings.ledger_table)
    release_id = event["release_id"]
    ledger.register_wait(promotion_wait(release_id), event["task_token"], now)
    version = registry.version(event["model_package_arn"])
    asking.promotion(version, release_id, event["settings_uri"], settings, now)
    turns.enter(ledger, settings.production_endpoint_name, release_id, "waiting", now)
    logger.info("Promotion asked", extra={"release_id": release_id})
