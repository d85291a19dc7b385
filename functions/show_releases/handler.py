"""The release page: what runs where, what waits for whom, and why for each version."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger

from adapters import http
from adapters.settings import load
from show_releases.showing import Settings, show

settings = load(Settings)
logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """GET / with a signed link → the page. Reads the ledger and the registry, writes nothing."""
    request, now = http.parse(event), datetime.now(UTC)
    status, answer = http.guarded(lambda: show(request, settings, now), logger)
    logger.info("Shown", extra={"status": status})
    return answer
