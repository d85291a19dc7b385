"""The scaling of an endpoint becomes what the settings say; the count it has reached stays."""

from typing import Any

from aws_lambda_powertools import Logger

from adapters import scaling

logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """An endpoint and its settings → whether it scales by itself."""
    wanted = event["autoscaling"]
    changed = scaling.set_target(event["endpoint_name"], wanted)
    logger.info("Scaling set", extra={"endpoint": event["endpoint_name"], "changed": changed})
    return {"scales": wanted is not None}
