"""Data arrived: the run waits until no more does."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger

from adapters import schedules
from adapters.settings import load
from domain.building import DATA
from domain.events import parse_data_arrived


@dataclass(frozen=True)
class Settings:
    """What the template sets."""

    data_prefix: str
    dead_letters_arn: str
    quiet_minutes: str
    schedule_name: str
    schedule_role_arn: str
    start_pipeline_function_arn: str


# Files that never stop coming must not keep training from starting.
MOST_QUIETS = 12
SOON = timedelta(minutes=1)  # what EventBridge Scheduler is exact to

settings = load(Settings)
logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """EventBridge → when the pipeline starts, if nothing else arrives until then."""
    arrived = parse_data_arrived(event, settings.data_prefix)
    if arrived is None:
        logger.info("No data", extra={"event_id": event["id"]})
        return {"scheduled": None}
    now, quiet = datetime.now(UTC), timedelta(minutes=float(settings.quiet_minutes))
    latest = schedules.latest(settings.schedule_name, quiet * MOST_QUIETS) or now + quiet
    at = min(now + quiet, max(latest, now + SOON))
    target = schedules.Target(
        settings.start_pipeline_function_arn,
        settings.schedule_role_arn,
        settings.dead_letters_arn,
        {"cause": DATA, "id": ""},
    )
    schedules.once(settings.schedule_name, at, target, "Trains when no more data arrives")
    logger.info("Data", extra={"key": arrived.key, "at": at.isoformat(), "event_id": event["id"]})
    return {"scheduled": at.isoformat(timespec="seconds")}
