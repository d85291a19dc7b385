"""The scaling of an endpoint becomes what the settings say; the count it has reached stays."""

from typing import Any

from aws_lambda_powertools import Logger

from adapters import scaling
from adapters.settings import Reaching, load

settings = load(Reaching)
logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """An endpoint and its settings → whether it scales by itself."""
    endpoint, wanted = event["endpoint_name"], event["autoscaling"]
    changed = scaling.set_target(endpoint, settings.role_at(endpoint), wanted)
    logger.info("Scaling set", extra={"endpoint": endpoint, "changed": changed})
    return {"scales": wanted is not None}
