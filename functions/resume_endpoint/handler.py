"""An endpoint came to rest: the deployment that waits for it goes on and looks."""

from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools import Logger

from adapters import endpoints, executions
from adapters.ledger import Ledger
from adapters.settings import Reaching, load
from domain.events import parse_endpoint_changed
from domain.ledger import endpoint_wait


@dataclass(frozen=True)
class Settings(Reaching):
    """What the template sets."""

    ledger_table: str


settings = load(Settings)
logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """EventBridge → whether a deployment waited for this endpoint."""
    endpoint = parse_endpoint_changed(event).endpoint_name
    token = Ledger(settings.ledger_table).awaited(endpoint_wait(endpoint))
    # Events come late and twice: one of an earlier change must not wake a deployment that runs.
    live = endpoints.look(endpoint, settings.role_at(endpoint)) if token else None
    at_rest = live is None or not live.is_moving
    resumed = bool(token and at_rest and executions.resume(token, {"endpoint_name": endpoint}))
    logger.info("Endpoint changed", extra={"endpoint": endpoint, "resumed": resumed})
    return {"resumed": resumed}
