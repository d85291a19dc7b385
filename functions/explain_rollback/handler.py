"""SageMaker rolled a deployment back: find the alarm that fired, before the alarms are removed."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from adapters.settings import load
from explain_rollback.explaining import Settings, explain

settings = load(Settings)
logger = Logger()
metrics = Metrics()


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """A deployment's plan and what the endpoint runs now → why, in a sentence."""
    why = explain(event["plan"], event["seen"], settings, datetime.now(UTC))
    metrics.add_dimension(name="Stage", value=event["plan"]["stage"])
    metrics.add_metric(name="DeploymentRolledBack", unit=MetricUnit.Count, value=1)
    logger.info("Rolled back", extra={"release_id": event["plan"]["release_id"], **why})
    return why
