"""Staging costs money while it stands: remove it, unless another release needs it."""

from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools import Logger

from adapters import staging
from adapters.ledger import Ledger
from adapters.settings import load


@dataclass(frozen=True)
class Settings:
    """What the template sets."""

    ledger_table: str
    production_endpoint_name: str


settings = load(Settings)
logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """A release and the staging endpoint → whether it was removed."""
    endpoint, release_id = event["endpoint_name"], event["release_id"]
    ledger = Ledger(settings.ledger_table)
    removed = staging.tear_down(ledger, endpoint, settings.production_endpoint_name, release_id)
    logger.info("Staging", extra={"release_id": release_id, "removed": removed})
    return {"removed": removed}
