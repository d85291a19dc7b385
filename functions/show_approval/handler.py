"""The page of one approval. Showing it changes nothing: scanners open links too."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger

from adapters import http, reviewing
from adapters.settings import load

settings = load(reviewing.Settings)
logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """GET /approvals/{approval_id} → the page, or why the link opens none."""
    request = http.parse(event)
    now = datetime.now(UTC)
    status, answer = http.guarded(lambda: reviewing.show(request, settings, now), logger)
    logger.info("Shown", extra={"approval": request.path.get("approval_id"), "status": status})
    return answer
