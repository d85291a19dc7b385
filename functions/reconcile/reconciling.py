"""Finding what an event should have started, and starting it under the same name.

Everything here may be done twice: names, conditions and flags make the second time do nothing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from close_release import closing
from close_release.closing import close
from start_release import following

from adapters import (
    approvals,
    asking,
    building,
    comparing,
    effects,
    endpoints,
    executions,
    failures,
    projects,
    registry,
    staging,
    turns,
    views,
)
from adapters.ledger import Item, Ledger
from adapters.providers import Providers
from domain import comparison, deciding
from domain import ledger as keys
from domain.approval import Approval, State
from domain.approval_item import from_item
from domain.events import CODECOMMIT, GITHUB, WAITS, Commit
from reconcile import adopting

LOOK_BACK = 10
Thing = TypeVar("Thing")
Found = TypeVar("Found")


@dataclass(frozen=True)
class Settings(closing.Settings):
    """What the template sets."""

    branch: str = ""
    build_state_machine_arn: str = ""
    github_api_url: str = ""
    github_repository: str = ""
    github_secret_arn: str = ""
    model_package_group_name: str = ""
    monitor_pipeline_name: str = ""
    pipeline_name: str = ""
    production_role_arn: str = ""
    repository_name: str = ""


def reconcile(settings: Settings, now: datetime, hour_ended: datetime) -> dict[str, list[str]]:
    """What was found, by kind. `hour_ended`: which hour of failures is over by a schedule.

    What cannot be done keeps nothing else from being done; it is raised at the end.
    """
    ledger = Ledger(settings.ledger_table)
    items = ledger.recent(settings.project_name)
    open_ones = [from_item(i) for i in items if i["pk"].startswith("APPROVAL#")]
    role = settings.production_role_arn
    looks: dict[str, Callable[[], list[str]]] = {
        "versions": lambda: _versions(settings, ledger, now),
        "approvals": lambda: _each(open_ones, lambda a: _approval(a, ledger, settings, now)),
        "endpoints": lambda: _endpoints(settings, ledger),
        "releases": lambda: _each(items, lambda i: _release(i, settings, ledger, now)),
        "staging": lambda: _staging(settings, ledger),
        "production": lambda: adopting.adopt(items, role, settings, ledger, now),
        "failures": lambda: _failures(settings, max(now, hour_ended)),
        # Last: GitHub may not answer.
        "builds": lambda: _builds(settings, ledger, now),
    }
    return dict(_each(looks.items(), lambda named: [(named[0], named[1]())]))


def _each(things: Iterable[Thing], look: Callable[[Thing], list[Found]]) -> list[Found]:
    """What is found of each; the first error is raised when all have been looked at."""
    found, errors = [], []
    for thing in things:
        try:
            found += look(thing)
        except Exception as error:
            errors.append(error)
    if errors:
        raise errors[0]
    return found


def _failures(settings: Settings, now: datetime) -> list[str]:
    """Pipelines whose failures of an hour are told now."""
    names = (settings.pipeline_name, settings.monitor_pipeline_name)
    return [name for name in names if failures.settle(name, settings, now)]


def _builds(settings: Settings, ledger: Ledger, now: datetime) -> list[str]:
    """The head of each watched branch, if nobody was told of it."""
    providers = Providers(settings.github_api_url, settings.github_secret_arn)
    watched = [(CODECOMMIT, settings.repository_name), (GITHUB, settings.github_repository)]
    found = []
    for provider, repository in watched:
        head = providers.head(provider, repository, settings.branch) if repository else None
        if head is None or building.branch(ledger, repository, settings.branch).head == head:
            continue
        # As of before the look: a commit that came after it is newer, whatever its second.
        commit = Commit(provider, repository, settings.branch, head, f"{now:%Y-%m-%dT%H:%M:%SZ}")
        name, started = building.start(commit, settings.build_state_machine_arn, ledger)
        found += [name] if started else []
    return found


def _versions(settings: Settings, ledger: Ledger, now: datetime) -> list[str]:
    """Versions whose state in the registry is not the one that the ledger knows."""
    found = []
    release = following.Settings(
        ledger_table=settings.ledger_table,
        production_endpoint_name=settings.production_endpoint_name,
        project_name=settings.project_name,
        release_state_machine_arn=settings.release_state_machine_arn,
    )
    for summary in registry.newest(settings.model_package_group_name, LOOK_BACK):
        arn, status = summary.arn, summary.status
        stored = ledger.get(keys.version_key(arn))
        # One that was decided before is not decided again by an old answer, nor asked about.
        if status == WAITS and stored is None:
            version = registry.version(arn)
            uri = projects.settings_uri(settings.artifact_bucket, version)
            known = version.metadata.get("pipeline_execution_arn") and version.commit
            if known and comparison.VERDICT not in version.metadata:
                comparing.record(version, views.evidence(version, settings.artifact_bucket))
            asked = known and asking.review(version, uri, settings, now)
            if asked or _finish_review(arn, ledger):
                found.append(arn)
            continue
        if stored is None or stored["status"] != status:
            following.follow(arn, release, now)
            found.append(arn)
    return found


def _finish_review(arn: str, ledger: Ledger) -> bool:
    """A review that was decided, but whose decision never reached the registry."""
    approval = approvals.load(ledger, approvals.review_id(arn))
    if approval is None or not effects.acts(approval):
        return False
    effects.carry_out(approval, ledger)
    return True


def _approval(approval: Approval, ledger: Ledger, settings: Settings, now: datetime) -> list[str]:
    """Expire, remind, or carry out what a crash left undone."""
    due = now >= approval.expires_at or deciding.due_for_reminder(approval, now)
    if approval.is_pending and due and not registry.version_if_there(approval.model_package_arn):
        why = "the version was deleted from the registry"
        approvals.void(ledger, approval.id, why, now)
        if approval.release_id:
            turns.fail_waits(ledger, approval.release_id, "NotApprovedError", why, now)
        return [approval.id]
    if approval.is_pending and now >= approval.expires_at:
        ended = approvals.change(ledger, approval.id, lambda a: deciding.expire(a, now))
        if ended and ended.state is State.EXPIRED:
            effects.carry_out(ended, ledger, _live(ledger, settings))
        return [approval.id]
    if deciding.due_for_reminder(approval, now):
        approvals.change(ledger, approval.id, lambda a: deciding.reminded(a, now))
        asking.remind(approval, settings, now)
        return [approval.id]
    waits = ledger.awaited(keys.promotion_wait(approval.release_id))
    if not approval.is_pending and waits:
        effects.carry_out(approval, ledger, _live(ledger, settings))
        return [approval.id]
    return []


def _live(ledger: Ledger, settings: Settings) -> str:
    """The version that production runs."""
    stage = ledger.get(keys.stage_key(settings.production_endpoint_name)) or {}
    return str(stage.get("model_package_arn", ""))


def _endpoints(settings: Settings, ledger: Ledger) -> list[str]:
    """Deployments that wait for an endpoint which has come to rest."""
    found = []
    watched = {
        settings.staging_endpoint_name: "",
        settings.production_endpoint_name: settings.production_role_arn,
    }
    for endpoint, role in watched.items():
        token = ledger.awaited(keys.endpoint_wait(endpoint))
        live = endpoints.look(endpoint, role) if token else None
        at_rest = token and (live is None or not live.is_moving)
        if token and at_rest and executions.resume(token, {"endpoint_name": endpoint}):
            found.append(endpoint)
    return found


def _staging(settings: Settings, ledger: Ledger) -> list[str]:
    """Staging that stands though its release is over: it was moving when that ended."""
    endpoint = settings.staging_endpoint_name
    gone = staging.tear_down(ledger, endpoint, settings.production_endpoint_name)
    return [endpoint] if gone else []


def _release(item: Item, settings: Settings, ledger: Ledger, now: datetime) -> list[str]:
    """A release that runs by the ledger, but whose execution has ended."""
    running = item["pk"].startswith("RELEASE#") and item.get("outcome") == "running"
    if not running or executions.is_running(str(item["execution_arn"])):
        return []
    release_id = item["pk"].removeprefix("RELEASE#")
    event: dict[str, Any] = {
        "release_id": release_id,
        "outcome": "failed",
        "error": "ExecutionEnded",
        "cause": "the execution ended without closing the release",
    }
    close(event, settings, now)
    return [release_id]
