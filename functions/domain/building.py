"""What is known of a branch, and what follows from it: pure transitions.

Events come twice, late, in another order, or never. The rules that hold nevertheless:

- a build asks for the branch's head after it has read its commit: one that is not the head any more
  ends as superseded, so the newest commit is the one that is built last;
- a commit has one build, unless an earlier one ended without a pipeline (superseded, or nothing
  had changed): then the next time it is told of counts as another attempt, because a force push may
  have made it the head again;
- what trains again (data, schedule) uses what the newest build recorded.

Times are texts in ISO 8601 and UTC with whole seconds, as EventBridge writes them.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from domain import naming
from domain.events import Commit
from domain.ledger import Fact

DATA = "data"


@dataclass(frozen=True)
class Branch:
    """The `BUILD#` item: `head` is the newest commit that was told of, the rest the last build.

    `parameters` are those of StartPipelineExecution, `sources` the digest of all files that the
    build read, `runs` how often the pipeline was started with this build, `revision` counts writes.
    """

    head: str = ""
    head_at: str = ""
    commit: str = ""
    commit_at: str = ""
    sources: str = ""
    data: str = ""
    description: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    runs: int = 0
    revision: int = 0


@dataclass(frozen=True)
class Build:
    """A pipeline that was started for a commit."""

    commit: str
    at: str
    sources: str
    description: str
    parameters: Mapping[str, str]


@dataclass(frozen=True)
class Rerun:
    """Arguments of StartPipelineExecution; the same cause gives the same token."""

    commit: str
    data: str
    token: str
    description: str
    parameters: Mapping[str, str]


def note(branch: Branch, commit: Commit) -> Branch:
    """A commit was told of as the head, unless a newer one was before."""
    if commit.at < branch.head_at:
        return branch
    return replace(branch, head=commit.commit_id, head_at=commit.at)


def superseded(branch: Branch, commit: str) -> Branch:
    """A build found its commit not to be the head: should it be so again, it is news.

    Without this, a force push back to it whose event is lost would look as if it had been built.
    """
    return replace(branch, head="") if branch.head == commit else branch


def is_superseded(commit: str, head: str | None) -> bool:
    """Whether the branch has moved on. A branch that is gone has no newer commit."""
    return head is not None and head != commit


def is_unchanged(branch: Branch, sources: str) -> bool:
    """Whether the last build read the very same files."""
    return bool(branch.commit) and branch.sources == sources


def built(branch: Branch, build: Build) -> Branch:
    """The pipeline was started for a commit; an older one that comes late changes nothing."""
    if build.at < branch.commit_at:
        return branch
    return replace(
        branch,
        commit=build.commit,
        commit_at=build.at,
        sources=build.sources,
        data=build.parameters.get("DataDigest", ""),
        description=build.description,
        parameters=build.parameters,
        runs=1,
    )


def rerun(branch: Branch, fresh: Mapping[str, str], cause: str, cause_id: str) -> Rerun | None:
    """The pipeline of the last build on the data as it is now; None when there is nothing to run.

    `fresh` are the parameters that change without a commit, `DataDigest` among them. Arrived data
    that is what the last run saw starts nothing; a schedule or a drift does, once each `cause_id`.
    """
    data = fresh["DataDigest"]
    if not branch.commit or (cause == DATA and data == branch.data):
        return None
    once = str(branch.runs) if cause == DATA else cause_id
    known = {name: value for name, value in fresh.items() if name in branch.parameters}
    return Rerun(
        commit=branch.commit,
        data=data,
        token=naming.client_request_token("rerun", branch.commit, data, cause, once),
        description=f"{branch.description} ({cause})"[:200],
        parameters={**branch.parameters, **known},
    )


def reran(branch: Branch, run: Rerun) -> Branch:
    """That rerun was started; a build that came in between is not touched."""
    if branch.commit != run.commit:
        return branch
    return replace(branch, data=run.data, parameters=run.parameters, runs=branch.runs + 1)


def stopped(project: str, commit: str, run: str, at: datetime, title: str = "") -> Fact:
    """The line that says that a run of `commit` was stopped because a newer commit has its own.

    Its key is made of commit and run alone: whoever reports the run's end finds it by them.
    """
    return Fact(project, f"commit:{commit}", "training_superseded", title, at, run)


def unattended(
    project: str, commit: str, run: str, at: datetime, title: str = "", cause: str = ""
) -> Fact:
    """The line that says that arrived data, a schedule or a drift started a run, and no person.

    Its key is made of commit and run alone: whoever reports the run's end finds it by them.
    """
    detail = {"pipeline_execution_arn": run, "cause": cause}
    return Fact(project, f"commit:{commit}", "rerun", title, at, run, detail)


def to_item(branch: Branch) -> dict[str, Any]:
    """The ledger's item."""
    return asdict(branch)


def from_item(item: Mapping[str, Any] | None) -> Branch:
    """The branch in an item; one of which nothing is known without."""
    known = item or {}
    return Branch(**{name: known[name] for name in Branch.__dataclass_fields__ if name in known})
