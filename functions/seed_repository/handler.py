"""A new repository's first commit: the pipelines that came with the stack."""

from typing import Any

from aws_lambda_powertools import Logger

from adapters import custom_resource
from adapters.settings import load
from seed_repository.seeding import Settings, outcome

settings = load(Settings)
logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """CloudFormation's request → the answer that it got."""
    answered = outcome(event, settings)
    custom_resource.answer(event["ResponseURL"], answered)
    logger.info("Answered CloudFormation", extra={"request": event["RequestType"], **answered})
    return answered
