"""Between staging and production nothing may have changed; a freeze has to end first."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger

from adapters import objects, projects, registry, turns
from adapters.ledger import Ledger
from adapters.settings import load
from domain.errors import SupersededError
from domain.policy import parse_policy
from domain.release import check_approved, check_artifact


@dataclass(frozen=True)
class Settings:
    """What the template sets."""

    approvers: str
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
    now, ledger = datetime.now(UTC), Ledger(settings.ledger_table)
    rules = parse_policy(projects.raw_stages(event["settings_uri"]), settings.approvers.split(","))
    frozen = rules.promotion.frozen_until(now)
    if frozen:
        logger.info("Frozen", extra={"release_id": release_id, "until": frozen[0].isoformat()})
        return {"wait_seconds": int((frozen[0] - now).total_seconds()) + 1}
    effects = turns.enter(ledger, settings.production_endpoint_name, release_id, "deploying", now)
    if release_id in effects.supersede:
        raise SupersededError("a newer release of this endpoint took this one's place")
    logger.info("Nothing changed", extra={"release_id": release_id})
    return {"wait_seconds": 0}
