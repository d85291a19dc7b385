"""Starting a build under its name, and remembering what is known of its branch."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta

from adapters import executions
from adapters.ledger import Ledger
from domain import building, naming
from domain import ledger as keys
from domain.building import Branch
from domain.events import Commit

ATTEMPTS_KEPT = timedelta(days=400)


def start(commit: Commit, state_machine_arn: str, ledger: Ledger) -> tuple[str, bool]:
    """The name of the build of `commit`, and whether it was started just now.

    Started, then noted: what is lost in between, `reconcile` finds.
    """
    stored = ledger.get(keys.attempts_key(commit.repository, commit.commit_id)) or {}
    name = naming.build_execution(
        commit.repository, commit.commit_id, int(stored.get("without_pipeline", 0))
    )
    started = executions.start(state_machine_arn, name, asdict(commit))
    change(ledger, commit.repository, commit.branch, lambda branch: building.note(branch, commit))
    return name, started


def ended_without_pipeline(commit: Commit, ledger: Ledger, now: datetime) -> None:
    """The next time this commit is told of is another attempt."""
    key = keys.attempts_key(commit.repository, commit.commit_id)
    ledger.count(key, "without_pipeline", keys.epoch(now + ATTEMPTS_KEPT))


def superseded(commit: Commit, ledger: Ledger, now: datetime) -> None:
    """The build ends because its commit is not the head; it may be so again."""
    ended_without_pipeline(commit, ledger, now)
    change(
        ledger,
        commit.repository,
        commit.branch,
        lambda known: building.superseded(known, commit.commit_id),
    )


def branch(ledger: Ledger, repository: str, name: str) -> Branch:
    """What is known of a branch."""
    return building.from_item(ledger.get(keys.branch_key(repository, name)))


def change(
    ledger: Ledger, repository: str, name: str, transition: Callable[[Branch], Branch]
) -> None:
    """Apply a transition, again if somebody else was quicker."""
    ledger.transform(
        keys.branch_key(repository, name),
        lambda item: building.to_item(transition(building.from_item(item))),
    )
