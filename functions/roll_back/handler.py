"""The release page's one form: production goes back to the last known good config."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger

from adapters import http
from adapters.settings import load
from roll_back.going_back import Settings, go_back

settings = load(Settings)
logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """POST /rollback with a signed link (version, reason, name) → what was begun, or why not."""
    request, now = http.parse(event), datetime.now(UTC)
    status, answer = http.guarded(lambda: go_back(request, settings, now), logger)
    logger.info("Rollback asked", extra={"status": status})
    return answer
