"""The button of an approval's page: decides once, with a name and a reason."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger

from adapters import http, reviewing
from adapters.settings import load
from decide_approval import deciding

settings = load(reviewing.Settings)
logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """POST /approvals/{approval_id} (decision, reason, name) → what was decided, or why not."""
    request = http.parse(event)
    now = datetime.now(UTC)
    status, answer = http.guarded(lambda: deciding.decide(request, settings, now), logger)
    logger.info("Decided", extra={"approval": request.path.get("approval_id"), "status": status})
    return answer
