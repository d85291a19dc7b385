"""Remembering a build; stopping what it made pointless, where the stack says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters import building, training
from adapters.ledger import Ledger
from domain import building as rules
from domain import naming
from domain.building import Build
from domain.events import Commit
from domain.ledger import Fact


@dataclass(frozen=True)
class Settings:
    """What the template sets."""

    ledger_table: str
    pipeline_name: str
    project_name: str
    stop_superseded_training: str


def record(
    commit: Commit, build: Build, event: Mapping[str, Any], settings: Settings, now: datetime
) -> list[str]:
    """Write the branch's last build and the timeline; the executions that were stopped."""
    ledger = Ledger(settings.ledger_table)
    building.change(
        ledger, commit.repository, commit.branch, lambda branch: rules.built(branch, build)
    )
    detail = {
        "pipeline_execution_arn": event["pipeline_execution_arn"],
        "definition_key": event["build"]["definition_key"],
    }
    title = f"Training started: {build.description}"
    subject = f"commit:{commit.commit_id}"
    ledger.record(
        Fact(settings.project_name, subject, "build", title, now, event["execution"], detail)
    )
    newest = building.branch(ledger, commit.repository, commit.branch)
    if settings.stop_superseded_training != "true" or newest.commit != commit.commit_id:
        return []
    return _stop_older(commit, event["pipeline_execution_arn"], ledger, settings, now)


def _stop_older(
    commit: Commit, newest: str, ledger: Ledger, settings: Settings, now: datetime
) -> list[str]:
    """Stop what runs for other commits. One that was started by hand without a commit goes on.

    Why is written before the stop: what reports the end must find it, and then writes to nobody.
    """
    older = [
        run
        for run in training.running(settings.pipeline_name)
        if run.arn != newest and run.commit not in {"", commit.commit_id}
    ]
    for run in older:
        words = f"Training stopped: commit {commit.commit_id[:10]} is trained instead"
        ledger.record(rules.stopped(settings.project_name, run.commit, run.arn, now, words))
        training.stop(run.arn, naming.client_request_token("stop", run.arn))
    return [run.arn for run in older]
