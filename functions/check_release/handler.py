"""Between staging and production nothing may have changed; a freeze has to end first.

What brings production back does not wait for a freeze: that is for changes that people wish for.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger

from adapters import objects, projects, registry, turns
from adapters.ledger import Ledger
from adapters.settings import load
from domain.errors import SupersededError
from domain.figures import moment
from domain.ledger import Fact
from domain.policy import parse_policy
from domain.release import check_approved, check_artifact
from domain.standing import FROZEN


@dataclass(frozen=True)
class Settings:
    """What the template sets."""

    approvers: str
    ledger_table: str
    production_endpoint_name: str
    project_name: str


settings = load(Settings)
logger = Logger()


def _waits(arn: str, release_id: str, until: datetime, why: str, now: datetime) -> Fact:
    title = f"Waits for the freeze{f' ({why})' if why else ''} to end, {moment(until)}"
    cause, detail = f"{release_id}-{until.isoformat()}", {"release_id": release_id}
    return Fact(settings.project_name, arn, FROZEN, title, now, cause, detail)


@logger.inject_lambda_context
def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """Raises NotApprovedError, ArtifactChangedError or SupersededError; else it goes on."""
    release_id = event["release_id"]
    version = registry.version(event["model_package_arn"])
    check_approved(version)
    check_artifact(version, objects.etag(version.model_data_uri))
    now, ledger = datetime.now(UTC), Ledger(settings.ledger_table)
    rules = parse_policy(projects.raw_stages(event["settings_uri"]), settings.approvers.split(","))
    frozen = None if event.get("urgent") else rules.promotion.frozen_until(now)
    if frozen:
        ledger.record(_waits(version.arn, release_id, *frozen, now))
        logger.info("Frozen", extra={"release_id": release_id, "until": frozen[0].isoformat()})
        return {"wait_seconds": int((frozen[0] - now).total_seconds()) + 1}
    effects = turns.enter(ledger, settings.production_endpoint_name, release_id, "deploying", now)
    if release_id in effects.supersede:
        raise SupersededError("a newer release of this endpoint took this one's place")
    logger.info("Nothing changed", extra={"release_id": release_id})
    return {"wait_seconds": 0}
