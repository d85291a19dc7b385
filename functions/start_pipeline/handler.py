"""The last build's pipeline, once more on the data as it is now."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger

from adapters.settings import load
from start_pipeline.starting import Settings, again

settings = load(Settings)
logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """A cause (data, schedule, drift) and its id → the execution that was started, if any."""
    started = again(event["cause"], event.get("id", ""), settings, datetime.now(UTC))
    logger.info("Train again", extra={"cause": event["cause"], "pipeline_execution": started})
    return {"pipeline_execution_arn": started}
