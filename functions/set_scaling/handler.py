"""The scaling of an endpoint becomes what the settings say; without any, so does its count."""

from typing import Any

from aws_lambda_powertools import Logger

from adapters import scaling
from adapters.settings import Reaching, load
from set_scaling.settling import settle

settings = load(Reaching)
logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """An endpoint and its settings → whether it is as they say, or is on its way there.

    With `lift` in place of settings → what scaled it until now, and does not any more.
    """
    endpoint, role = event["endpoint_name"], settings.role_at(event["endpoint_name"])
    if event.get("lift"):
        lifted = scaling.lift(endpoint, role)
        logger.info("Scaling lifted", extra={"endpoint": endpoint, "lifted": lifted})
        return {"lifted": lifted}
    wanted = event["autoscaling"]
    changed = scaling.set_target(endpoint, role, wanted)
    # What scales keeps the count it has reached.
    settled = wanted is not None or settle(endpoint, event["count"], role)
    logger.info("Scaling set", extra={"endpoint": endpoint, "changed": changed, "settled": settled})
    return {"settled": settled}
