"""An endpoint is really tested: golden requests, bad requests, latency under load."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from adapters.settings import load
from test_endpoint.testing import Settings, run_tests

settings = load(Settings)
logger = Logger()
metrics = Metrics()


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """An endpoint and a version → whether it passed, why, and where the report is."""
    outcome = run_tests(event, settings, datetime.now(UTC))
    metrics.add_dimension(name="Stage", value=event["stage"])
    metrics.add_metric(
        name="EndpointTestFailed", unit=MetricUnit.Count, value=not outcome["passed"]
    )
    logger.info("Endpoint tested", extra={"release_id": event["release_id"], **outcome})
    return outcome
