"""The end of the monitor: its figures become metrics, on which an alarm starts training."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger

from adapters.settings import load
from domain.events import parse_pipeline_ended
from report_monitor.publishing import Settings, publish

settings = load(Settings)
logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """EventBridge → the outcome by its name, if it was the monitor that ended."""
    ended = parse_pipeline_ended(event)
    # SageMaker writes pipeline names in lower case into some ARNs.
    name = ended.pipeline_arn.rsplit("/", 1)[-1].lower() if ended else ""
    if ended is None or name != settings.monitor_pipeline_name.lower():
        logger.info("Not the end of the monitor", extra={"event_id": event["id"]})
        return {"outcome": "ignored"}
    told = publish(ended.execution_arn, settings, datetime.now(UTC), ended.at)
    logger.info("Monitored", extra={"pipeline_execution": ended.execution_arn, **told})
    return told
