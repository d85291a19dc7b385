"""The registry's decision about a version: Approved starts a release, Rejected ends one."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger

from adapters.settings import load
from domain.events import parse_approval_changed
from start_release.following import Settings, follow

settings = load(Settings)
logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """EventBridge → what was started, voided or ignored."""
    changed = parse_approval_changed(event)
    if changed is None:
        logger.info("Not about an approval", extra={"event_id": event["id"]})
        return {"started": False}
    reset = changed.at if changed.is_reset else None
    done = follow(changed.model_package_arn, settings, datetime.now(UTC), reset)
    logger.info("Registry followed", extra={"model_package": changed.model_package_arn, **done})
    return done
