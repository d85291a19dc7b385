"""The end of a pipeline: a review with the evidence, or a notice with the reason."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger

from adapters.settings import load
from domain.events import parse_pipeline_ended
from report_pipeline.reporting import Settings, report

settings = load(Settings)
logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """EventBridge → what people were told, if it was a pipeline of ours that ended."""
    ended = parse_pipeline_ended(event)
    # SageMaker writes pipeline names in lower case into some ARNs.
    name = ended.pipeline_arn.rsplit("/", 1)[-1].lower() if ended else ""
    if ended is None or name != settings.pipeline_name.lower():
        logger.info("Not the end of our pipeline", extra={"event_id": event["id"]})
        return {"told": False}
    told = report(ended.execution_arn, settings, datetime.now(UTC), ended.at)
    logger.info("Pipeline reported", extra={"pipeline_execution": ended.execution_arn, **told})
    return told
