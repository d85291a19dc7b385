"""Every quarter of an hour: what should an event have started? Events may be lost.

Also when an hour of failures ends, by a one-time schedule that says which (`at`).
"""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from adapters.settings import load
from domain.events import parse_time
from reconcile.reconciling import Settings, reconcile

settings = load(Settings)
logger = Logger()
metrics = Metrics()


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """What was found and done, by name."""
    now = datetime.now(UTC)
    done = reconcile(settings, now, parse_time(event.get("at", ""), now))
    found = sum(len(names) for names in done.values())
    metrics.add_metric(name="Reconciled", unit=MetricUnit.Count, value=found)
    logger.info("Reconciled", extra=done)
    return done
