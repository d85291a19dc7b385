"""A deployment waits for its endpoint: register the token, look once, wait for the event."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger

from adapters import endpoints, executions
from adapters.ledger import Ledger
from adapters.settings import Reaching, load
from domain.ledger import endpoint_wait


@dataclass(frozen=True)
class Settings(Reaching):
    """What the template sets."""

    ledger_table: str


settings = load(Settings)
logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], _: Any) -> None:
    """Registers the token; resumes it at once when the endpoint has come to rest already."""
    endpoint, token = event["endpoint_name"], event["task_token"]
    Ledger(settings.ledger_table).register_wait(endpoint_wait(endpoint), token, datetime.now(UTC))
    live = endpoints.look(endpoint, settings.role_at(endpoint))
    at_rest = live is None or not live.is_moving
    if at_rest:
        executions.resume(token, {"endpoint_name": endpoint})
    logger.info("Endpoint awaited", extra={"endpoint": endpoint, "at_rest": at_rest})
