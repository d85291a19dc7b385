"""The ledger's items: their keys, and the facts of the timeline.

One DynamoDB table with `pk` and `sk`; the index `by_project` (`project`, `at`) lists what a project
did, newest first, after what still is (`still`): what runs where, what is under way, what waits for
people. Else a page of the newest items would lose it as others come. Kinds of items:

| pk | sk | what |
|---|---|---|
| `RELEASE#<release>` | `META` | one release: version, outcome, times |
| `VERSION#<model package arn>` | `META` | what the registry said last, how often it was approved |
| `PROOF#<model package arn>` | `META` | which stages it has passed, with what |
| `APPROVAL#<id>` | `META` | one approval (`domain.approval_item`) |
| `WAIT#<name>` | `TOKEN` | a task token under the name of what is awaited |
| `TURN#<endpoint>` | `META` | whose turn it is (`domain.turn`) |
| `STAGE#<endpoint>` | `META` | what an endpoint runs, and its last good configs |
| `BUILD#<repository>#<branch>` | `META` | newest commit and last build (`domain.building`) |
| `COMMIT#<repository>#<commit>` | `META` | how often its build ended without a pipeline |
| `FAILURES#<pipeline>` | `META` | an hour of failures (`domain.flood`) |
| `DRIFT#<endpoint>` | `META` | what the monitor said last (`domain.monitoring`) |
| `TOLD#<message>` | address | somebody who has a message (`adapters.delivery`) |
| `TIMELINE#<subject>` | `<kind>#<cause>` | one fact, never changed |
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from domain.naming import digest

META = "META"
_STILL = "~"  # sorts after all digits
TIMELINE_DAYS = 400
# Longer than a release may run (release.asl.yaml): a token must not go while it is waited for.
WAIT_DAYS = 70


@dataclass(frozen=True)
class Key:
    """The primary key of an item."""

    pk: str
    sk: str = META


def release_key(release_id: str) -> Key:
    """One release."""
    return Key(f"RELEASE#{release_id}")


def version_key(model_package_arn: str) -> Key:
    """One model version."""
    return Key(f"VERSION#{model_package_arn}")


def proof_key(model_package_arn: str) -> Key:
    """What a version has passed."""
    return Key(f"PROOF#{model_package_arn}")


def approval_key(approval_id: str) -> Key:
    """One approval."""
    return Key(f"APPROVAL#{approval_id}")


def wait_key(name: str) -> Key:
    """A task token under the name of what is awaited."""
    return Key(f"WAIT#{name}", "TOKEN")


def turn_key(endpoint: str) -> Key:
    """Whose turn it is at an endpoint."""
    return Key(f"TURN#{endpoint}")


def stage_key(endpoint: str) -> Key:
    """What an endpoint runs."""
    return Key(f"STAGE#{endpoint}")


def branch_key(repository: str, branch: str) -> Key:
    """The newest commit that was seen on a branch, and its last build."""
    return Key(f"BUILD#{repository}#{branch}")


def attempts_key(repository: str, commit: str) -> Key:
    """How often a commit's build ended without a pipeline."""
    return Key(f"COMMIT#{repository}#{commit}")


def failures_key(pipeline: str) -> Key:
    """The failures of a pipeline in an hour."""
    return Key(f"FAILURES#{pipeline}")


def told_key(occasion: str, address: str) -> Key:
    """That one person has one message."""
    return Key(f"TOLD#{occasion}", address)


def turn_wait(release_id: str) -> str:
    """The name under which a release waits for its turn."""
    return f"turn:{release_id}"


def promotion_wait(release_id: str) -> str:
    """The name under which a release waits for its promotion."""
    return f"promotion:{release_id}"


def endpoint_wait(endpoint: str) -> str:
    """The name under which a deployment waits for an endpoint."""
    return f"endpoint:{endpoint}"


@dataclass(frozen=True)
class Fact:
    """One line of the timeline. `subject` is a model package ARN, or `commit:<id>` before one.

    `cause` makes it unique: the same cause writes the same line once, however often it is told.
    """

    project: str
    subject: str
    kind: str
    title: str
    at: datetime
    cause: str
    detail: dict[str, Any] = field(default_factory=dict)


def timeline_item(fact: Fact) -> dict[str, Any]:
    """The item of one fact; its key holds the cause, so that a second write changes nothing."""
    return {
        "pk": f"TIMELINE#{fact.subject}",
        "sk": f"{fact.kind}#{digest(fact.cause)[:24]}",
        "project": fact.project,
        "at": iso(fact.at),
        "subject": fact.subject,
        "kind": fact.kind,
        "title": fact.title,
        "detail": fact.detail,
        "expires": epoch(fact.at + timedelta(days=TIMELINE_DAYS)),
    }


def wait_item(name: str, token: str, now: datetime) -> dict[str, Any]:
    """A registered task token."""
    key = wait_key(name)
    return {
        "pk": key.pk,
        "sk": key.sk,
        "token": token,
        "at": iso(now),
        "expires": epoch(now + timedelta(days=WAIT_DAYS)),
    }


def iso(moment: datetime) -> str:
    """UTC with milliseconds, so that text order is time order."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def still(moment: datetime) -> str:
    """`at` of what is so since `moment`: in the index it comes before everything that is over."""
    return f"{_STILL}{iso(moment)}"


def since(item: Mapping[str, Any]) -> str:
    """`at` of an item, whether it is over or not."""
    return str(item["at"]).removeprefix(_STILL)


def epoch(moment: datetime) -> int:
    """Whole seconds since 1970, as DynamoDB's TTL wants."""
    return int(moment.timestamp())
