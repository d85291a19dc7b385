"""Between staging and production nothing may have changed: approval, artifact, turn."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger

from adapters import objects, registry, turns
from adapters.ledger import Ledger
from adapters.settings import load
from domain.errors import SupersededError
from domain.release import check_approved, check_artifact


@dataclass(frozen=True)
class Settings:
    """What the template sets."""

    ledger_table: str
    production_endpoint_name: str


settings = load(Settings)
logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """Raises NotApprovedError, ArtifactChangedError or SupersededError; else it goes on."""
    release_id = event["release_id"]
    version = registry.version(event["model_package_arn"])
    check_approved(version)
    check_artifact(version, objects.etag(version.model_data_uri))
    ledger = Ledger(settings.ledger_table)
    endpoint = settings.production_endpoint_name
    effects = turns.enter(ledger, endpoint, release_id, "deploying", datetime.now(UTC))
    if release_id in effects.supersede:
        raise SupersededError("a newer release of this endpoint took this one's place")
    logger.info("Nothing changed", extra={"release_id": release_id})
    return {"unchanged": True}
