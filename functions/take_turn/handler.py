"""A release takes its turn at production: register the token, look once, wait."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger

from adapters import turns
from adapters.ledger import Ledger
from adapters.settings import load
from domain.ledger import turn_wait
from domain.turn import Release


@dataclass(frozen=True)
class Settings:
    """What the template sets."""

    ledger_table: str
    production_endpoint_name: str


settings = load(Settings)
logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], _: Any) -> None:
    """Registers the token; resumes it at once when the endpoint is free."""
    now = datetime.now(UTC)
    ledger = Ledger(settings.ledger_table)
    release = Release(
        event["release_id"], event["model_package_arn"], event["execution_arn"], event["urgent"]
    )
    ledger.register_wait(turn_wait(release.release_id), event["task_token"], now)
    effects = turns.take(ledger, settings.production_endpoint_name, release, now)
    logger.info("Turn asked", extra={"release_id": release.release_id, "resume": effects.resume})
