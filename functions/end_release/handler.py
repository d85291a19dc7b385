"""A release's execution ended without closing the release (aborted, timed out): close it."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from close_release.closing import Settings, close

from adapters import staging
from adapters.ledger import Ledger
from adapters.settings import load
from domain.events import parse_execution_ended

settings = load(Settings)
logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """EventBridge → what was closed. A release that closed itself is left as it is.

    Whatever its outcome, it does not tear staging down any more.
    """
    ended = parse_execution_ended(event)
    if ended is None:
        return {"closed": False}
    why = f"the execution {ended.name} ended as {ended.status}"
    closed = close(
        {"release_id": ended.name, "outcome": "failed", "error": ended.status, "cause": why},
        settings,
        datetime.now(UTC),
    )
    removed = staging.tear_down(
        Ledger(settings.ledger_table), settings.staging_endpoint_name,
        settings.production_endpoint_name, ended.name,
    )  # fmt: skip
    closed["staging_removed"] = removed
    logger.info("Release ended", extra={"release_id": ended.name, **closed})
    return closed
