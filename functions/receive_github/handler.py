"""GitHub's webhook: a push to the watched branch becomes an event of our own."""

from dataclasses import asdict, dataclass
from typing import Any

from aws_lambda_powertools import Logger

from adapters import bus, http, secrets
from adapters.settings import load
from domain import webhook
from domain.webhook import Push, Watched, WebhookRefusedError


@dataclass(frozen=True)
class Settings:
    """What the template sets."""

    branch: str
    github_repository: str
    github_secret_arn: str


settings = load(Settings)
logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """POST /webhooks/github → 202 and an event on the bus, 202 and nothing, or what is wrong."""
    headers, body = http.raw(event)
    delivery = headers.get("x-github-delivery", "")[:100]
    try:
        webhook.check_form(headers, body)
        webhook.check_signature(headers, body, secrets.github(settings.github_secret_arn).key)
        watched = Watched(settings.github_repository, settings.branch)
        found = webhook.parse(headers, body, watched)
    except WebhookRefusedError as error:
        logger.warning("Refused", extra={"reason": str(error), "delivery": delivery})
        return http.answer(error.status, {"error": str(error)})
    if not isinstance(found, Push):
        logger.info("Ignored", extra={"reason": found.reason, "delivery": delivery})
        return http.answer(found.status, {"ignored": found.reason})
    bus.tell_push(asdict(found))
    logger.info("Push", extra={"commit": found.commit, "delivery": delivery})
    return http.answer(202, {"accepted": found.commit})
