"""Staging costs money while it stands: remove it, unless a newer release stands there now."""

from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools import Logger

from adapters import endpoints
from adapters.ledger import Ledger
from adapters.settings import load
from domain import ledger as keys
from domain.naming import version_of
from domain.release import names

OWN = ""
"""Staging stands where the function does."""


@dataclass(frozen=True)
class Settings:
    """What the template sets."""

    ledger_table: str


settings = load(Settings)
logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """A release and the staging endpoint → whether it was removed."""
    endpoint, release_id = event["endpoint_name"], event["release_id"]
    ledger = Ledger(settings.ledger_table)
    made = names(endpoint, version_of(event["model_package_arn"]), release_id)
    live = endpoints.look(endpoint, OWN)
    # By its config, not by the ledger: a deployment that failed late left no line there.
    ours = live is not None and live.config == made.config and not live.is_moving
    if ours:
        endpoints.delete(endpoint, OWN)
        for config in endpoints.configs_of(endpoint, OWN):
            endpoints.delete_config(config, OWN)
        for model in endpoints.models_of(endpoint, OWN):
            endpoints.delete_model(model, OWN)
        ledger.delete(keys.stage_key(endpoint))
    logger.info("Staging", extra={"release_id": release_id, "removed": ours})
    return {"removed": ours}
