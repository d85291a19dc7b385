"""Slack's buttons and the reason dialog: only what Slack signed counts."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger

from adapters import http
from adapters.settings import load
from answer_slack.answering import Settings, answer

settings = load(Settings)
logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """POST /slack/actions → what Slack shows next; within three seconds."""
    status, document, said = answer(event, settings, datetime.now(UTC))
    logger.info("Slack", extra={"status": status, "said": said})
    return http.answer(status, document)
