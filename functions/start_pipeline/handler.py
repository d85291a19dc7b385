"""The last build's pipeline, once more on the data as it is now."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger

from adapters.settings import load
from domain.events import is_alarm
from start_pipeline.drifting import CAUSE, answer
from start_pipeline.starting import Settings, again

settings = load(Settings)
logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """A cause (data, schedule) and its id, or the alarm on drift → what was started, if any."""
    now = datetime.now(UTC)
    cause = CAUSE if is_alarm(event) else event["cause"]
    if cause == CAUSE:
        started = answer(settings, now)
    else:
        started = again(cause, event.get("id", ""), settings, now)
    logger.info("Train again", extra={"cause": cause, "pipeline_execution": started})
    return {"pipeline_execution_arn": started}
