"""Every quarter of an hour: what should an event have started? Events may be lost."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from adapters.settings import load
from reconcile.reconciling import Settings, reconcile

settings = load(Settings)
logger = Logger()
metrics = Metrics()


@metrics.log_metrics
@logger.inject_lambda_context
def handler(_: dict[str, Any], __: Any) -> dict[str, Any]:
    """What was found and done, by name."""
    done = reconcile(settings, datetime.now(UTC))
    found = sum(len(names) for names in done.values())
    metrics.add_metric(name="Reconciled", unit=MetricUnit.Count, value=found)
    logger.info("Reconciled", extra=done)
    return done
