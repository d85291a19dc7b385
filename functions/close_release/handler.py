"""The last step of every release: record the outcome, give the turn back, tell people."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from adapters.settings import load
from close_release.closing import Settings, close

settings = load(Settings)
logger = Logger()
metrics = Metrics()


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """A release and its outcome → how long staging is to stand."""
    closed = close(event, settings, datetime.now(UTC))
    metrics.add_dimension(name="Outcome", value=event["outcome"])
    metrics.add_metric(name="ReleaseClosed", unit=MetricUnit.Count, value=1)
    logger.info("Release closed", extra={"release_id": event["release_id"], **closed})
    return closed
