"""A new head of the watched branch starts a build; anything else starts nothing."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger

from adapters import building
from adapters.ledger import Ledger
from adapters.settings import load
from domain.events import parse_commit
from domain.ledger import Fact


@dataclass(frozen=True)
class Settings:
    """What the template sets."""

    branch: str
    build_state_machine_arn: str
    ledger_table: str
    project_name: str


settings = load(Settings)
logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """EventBridge → the name of the build that runs for this commit, if any."""
    commit = parse_commit(event, settings.branch)
    if commit is None:
        logger.info("Not a new head of the branch", extra={"event_id": event["id"]})
        return {"started": False}
    ledger = Ledger(settings.ledger_table)
    name, started = building.start(commit, settings.build_state_machine_arn, ledger)
    subject = f"commit:{commit.commit_id}"
    title = f"Commit {commit.commit_id[:10]} arrived on {commit.branch}"
    ledger.record(Fact(settings.project_name, subject, "commit", title, datetime.now(UTC), name))
    logger.info("Build", extra={"execution": name, "started": started, "event_id": event["id"]})
    return {"started": started, "execution": name}
