"""What the pages are made of: plain values that a handler fills from the ledger and the registry.

Every text may come from a stranger (a commit message, a column's name): pages escape all of it.
Times are aware datetimes. A value of None is shown as missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from domain.approval import Approval
from domain.evidence import Evidence
from domain.people import Person


@dataclass(frozen=True)
class Commit:
    """The commit behind a version. `url` is only linked when it is https."""

    id: str
    author: str = ""
    message: str = ""
    at: datetime | None = None
    url: str = ""
    repository: str = ""
    branch: str = ""
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Graph:
    """A metric minute by minute beside its limit; `values` are (minute, size, words)."""

    name: str
    title: str
    values: tuple[tuple[str, float, str], ...]


@dataclass(frozen=True)
class Line:
    """One line of a timeline. `tone` is "", "good", "bad" or "wait"; `detail` is one sentence."""

    at: datetime
    title: str
    detail: str = ""
    who: str = ""
    tone: str = ""
    graphs: tuple[Graph, ...] = ()


@dataclass(frozen=True)
class Fact:
    """A name and its value, for lists such as the lineage; `code` is set in a fixed-width face."""

    name: str
    value: str
    code: bool = False


@dataclass(frozen=True)
class Cost:
    """US dollars per month at list price, or None where it is not known; `basis` says of what."""

    before: float | None
    after: float | None
    basis: str


@dataclass(frozen=True)
class Change:
    """What a yes does: `replaces` is the version that is live there now, None for none.

    `endpoint` is the endpoint's name, `capacity` and `rollout` one phrase each ("1 × ml.m5.large",
    "canary 10 %, watched for 5 min"); `then` and `on_no` replace the page's own words on what
    follows a yes and what a no does.
    """

    endpoint: str
    replaces: int | None = None
    capacity: str = ""
    rollout: str = ""
    then: str = ""
    on_no: str = ""


@dataclass(frozen=True)
class ApprovalView:
    """Everything on an approval page. `problem` and `typed` come back after a form was refused."""

    project: str
    approval: Approval
    person: Person
    evidence: Evidence
    change: Change
    now: datetime
    commit: Commit | None = None
    lineage: tuple[Fact, ...] = ()
    cost: Cost | None = None
    history: tuple[Line, ...] = ()
    frozen_until: datetime | None = None
    frozen_why: str = ""
    problem: str = ""
    typed: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Step:
    """One pipeline step: `after` names the steps it waits for; seconds is None if it never ran."""

    name: str
    kind: str
    status: str
    seconds: float | None = None
    after: tuple[str, ...] = ()
    cached: bool = False


@dataclass(frozen=True)
class VersionRow:
    """One model version and where it is now. `why` answers "why is this (not) in production?"."""

    version: int
    status: str
    registered_at: datetime
    stages: tuple[str, ...] = ()
    figures: Mapping[str, float] | None = None
    commit: Commit | None = None
    why: str = ""
    timeline: tuple[Line, ...] = ()
    steps: tuple[Step, ...] = ()
    data: str = ""


@dataclass(frozen=True)
class Search:
    """The way back from a commit or a data digest: what is looked for, and how many were found.

    `query` is what the visitor's own link carries, `parameter` what is asked for beside it;
    `wanted` is empty when nothing is looked for.
    """

    parameter: str
    query: Mapping[str, str]
    wanted: str = ""
    found: int = 0


@dataclass(frozen=True)
class Flight:
    """A release that is under way: its state, and what it waits for, whom, and until when."""

    version: int
    state: str
    since: datetime
    waits_for: str = ""
    waits_for_whom: tuple[str, ...] = ()
    until: datetime | None = None
    approval_url: str = ""


@dataclass(frozen=True)
class StageNow:
    """What one stage serves now."""

    name: str
    endpoint: str
    version: int | None
    since: datetime | None = None
    capacity: str = ""
    note: str = ""


@dataclass(frozen=True)
class Rollback:
    """The form that brings the last known good version back; it posts to `action`."""

    action: str
    to_version: int
    from_version: int


@dataclass(frozen=True)
class ReleasesView:
    """Everything on the release page, newest first."""

    project: str
    now: datetime
    stages: tuple[StageNow, ...] = ()
    flights: tuple[Flight, ...] = ()
    versions: tuple[VersionRow, ...] = ()
    person: Person | None = None
    rollback: Rollback | None = None
    problem: str = ""
    search: Search | None = None
