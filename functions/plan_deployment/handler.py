"""The first step of a deployment: look at the endpoint as it is, and work out every argument."""

from typing import Any

from aws_lambda_powertools import Logger

from adapters.settings import load
from plan_deployment.planning import Settings, plan

settings = load(Settings)
logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """A stage, an endpoint and a version → the arguments of the SageMaker calls that follow."""
    deployment = plan(event, settings)
    logger.info(
        "Deployment planned",
        extra={"endpoint": event["endpoint_name"], "config": deployment["endpoint_config_name"]},
    )
    return deployment
