"""The release page from two calls: the ledger's newest items, and the registry's versions."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters import registry, views, visiting
from adapters.http import Request
from adapters.ledger import Item, Ledger
from adapters.visiting import REFUSED
from domain import links
from domain.approval import Approval
from domain.approval_item import from_item
from domain.naming import version_of
from domain.pages.releases import render_releases
from domain.pages.view import Flight, ReleasesView, StageNow, VersionRow

VERSIONS = 20
STATES = {"PendingManualApproval": "waits for review", "Rejected": "was rejected"}


@dataclass(frozen=True)
class Settings:
    """What the template sets."""

    artifact_bucket: str
    ledger_table: str
    link_secret_arn: str
    model_package_group_name: str
    production_endpoint_name: str
    project_name: str
    staging_endpoint_name: str
    jwt_issuer: str = ""


def show(request: Request, settings: Settings, now: datetime) -> tuple[int, str]:
    """HTTP status and page for a signed link to the releases."""
    try:
        person = visiting.visitor(request, links.RELEASES, settings, now)
    except REFUSED as error:
        return visiting.refusal(error)
    items = Ledger(settings.ledger_table).recent(settings.project_name)
    versions = registry.newest(settings.model_package_group_name, VERSIONS)
    stages = {str(i["stage"]): i for i in items if i["pk"].startswith("STAGE#")}
    view = ReleasesView(
        project=settings.project_name,
        now=now,
        stages=(
            _stage("Staging", settings.staging_endpoint_name, stages.get("staging")),
            _stage("Production", settings.production_endpoint_name, stages.get("production")),
        ),
        flights=tuple(_flights(items)),
        versions=tuple(_row(summary, items, stages) for summary in versions),
        person=person,
    )
    return 200, render_releases(view)


def _stage(name: str, endpoint: str, item: Item | None) -> StageNow:
    if item is None:
        return StageNow(name, endpoint, None)
    version = version_of(str(item["model_package_arn"]))
    return StageNow(name, endpoint, version, _moment(item["at"]))


def _flights(items: list[Item]) -> list[Flight]:
    approvals = _approvals(items)
    flights = []
    for item in items:
        if not item["pk"].startswith("RELEASE#") or item.get("outcome") != "running":
            continue
        release_id = item["pk"].removeprefix("RELEASE#")
        asked = next((a for a in approvals if a.release_id == release_id and a.is_pending), None)
        flights.append(
            Flight(
                version=int(item["version"]),
                state="Waits for promotion" if asked else "On its way",
                since=asked.created_at if asked else _moment(item["at"]),
                waits_for="the promotion" if asked else "",
                waits_for_whom=asked.people if asked else (),
                until=asked.expires_at if asked else None,
            )
        )
    return flights


def _row(summary: registry.Summary, items: list[Item], stages: dict[str, Item]) -> VersionRow:
    facts = [i for i in items if i.get("subject") == summary.arn]
    commits = {str((i.get("detail") or {}).get("commit") or "") for i in facts} - {""}
    facts += [i for i in items if i.get("subject") in {f"commit:{c}" for c in commits}]
    story = sorted(facts, key=lambda item: str(item["at"]))
    held = [name for name, i in stages.items() if i["model_package_arn"] == summary.arn]
    return VersionRow(
        version=version_of(summary.arn),
        status=summary.status,
        registered_at=summary.registered_at,
        stages=tuple(name.capitalize() for name in held),
        why=_why(summary, held, story),
        timeline=tuple(views.line(item) for item in story),
    )


def _why(summary: registry.Summary, held: list[str], story: list[Item]) -> str:
    """The answer to "why is this (not) in production?", in one sentence."""
    if "production" in held:
        return "In production: it was approved, passed staging and was promoted."
    if summary.status in STATES:
        return f"Not in production: it {STATES[summary.status]}."
    last: dict[str, Any] = story[-1] if story else {}
    reason = (last.get("detail") or {}).get("reason")
    words = ": ".join(part for part in (str(last.get("title", "")), str(reason or "")) if part)
    return f"Not in production. Last: {words}" if words else "Not in production."


def _approvals(items: list[Item]) -> list[Approval]:
    return [from_item(item) for item in items if item["pk"].startswith("APPROVAL#")]


def _moment(text: Any) -> datetime:
    return datetime.fromisoformat(str(text))
