"""The release page from three calls at most: the link's key, the ledger's newest items, and the
registry's versions. Everything else was written into the ledger when it happened. Only who looks
for the versions that were made of a commit, or of data, has all of both lists read.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from adapters import registry, secrets, views, visiting
from adapters.http import Request
from adapters.ledger import Item, Ledger
from adapters.visiting import REFUSED
from domain import keeping, lineage, links, standing
from domain import ledger as keys
from domain.approval import Approval, Kind
from domain.approval_item import from_item
from domain.naming import version_of
from domain.pages.releases import render_releases
from domain.pages.view import (
    Commit,
    Flight,
    ReleasesView,
    Rollback,
    Search,
    StageNow,
    Step,
    VersionRow,
)
from domain.people import Person

VERSIONS = 20
MADE_OF = "made_of"


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
    # A link is signed whole: what is looked for is no part of it.
    wanted = lineage.origin(request.query.get(MADE_OF, ""))
    request = replace(request, query={n: v for n, v in request.query.items() if n != MADE_OF})
    try:
        person = visiting.visitor(request, links.RELEASES, settings, now)
    except REFUSED as error:
        return visiting.refusal(error)
    ledger = Ledger(settings.ledger_table)
    project, group = settings.project_name, settings.model_package_group_name
    if wanted:
        items = ledger.everything(project)
        versions = _made_of(wanted, items, group)
    else:
        items, versions = ledger.recent(project), registry.newest(group, VERSIONS)
    stages = {str(i["stage"]): i for i in items if i["pk"].startswith("STAGE#")}
    view = ReleasesView(
        project=settings.project_name,
        now=now,
        stages=(
            _stage("Staging", settings.staging_endpoint_name, stages.get("staging")),
            _stage("Production", settings.production_endpoint_name, stages.get("production")),
        ),
        flights=tuple(_flights(items, Opener(request, person, settings, now))),
        versions=tuple(_row(summary, items, stages) for summary in versions[:VERSIONS]),
        search=Search(MADE_OF, request.query, wanted, len(versions)),
        person=person,
        rollback=_rollback(request, stages.get("production"), versions),
    )
    return 200, render_releases(view)


def _made_of(wanted: str, items: list[Item], group: str) -> list[registry.Summary]:
    """The versions in the registry that were made of `wanted`, by what the ledger recorded."""
    facts = [item for item in items if item.get("kind") == lineage.REGISTERED]
    arns = lineage.made_of(facts, wanted)
    return [version for version in registry.every(group) if version.arn in arns]


def _rollback(
    request: Request, production: Item | None, versions: list[registry.Summary]
) -> Rollback | None:
    """The way back, where there is one; the form is signed like the page."""
    good = keeping.from_items(production.get("good", [])) if production else []
    status = {summary.arn: summary.status for summary in versions}
    # Of a version that is older than those that are shown, the form's handler asks the registry.
    target = keeping.last_good(good, lambda arn: status.get(arn, "Approved") == "Approved")
    if target is None:
        return None
    return Rollback(
        action="/rollback?" + urlencode(request.query),
        to_version=version_of(target.model_package_arn),
        from_version=version_of(good[0].model_package_arn),
    )


def _stage(name: str, endpoint: str, item: Item | None) -> StageNow:
    if item is None:
        return StageNow(name, endpoint, None)
    version = version_of(str(item["model_package_arn"]))
    return StageNow(name, endpoint, version, _moment(keys.since(item)))


@dataclass(frozen=True)
class Opener:
    """Makes the visitor's own links to what waits for them, by the key of the link they came by."""

    request: Request
    person: Person
    settings: Settings
    now: datetime

    def url(self, approval: Approval) -> str:
        """The address of an approval's page; with an identity provider it needs no signature."""
        path = f"/approvals/{approval.id}"
        if self.settings.jwt_issuer:
            return path
        key_id = self.request.query["k"]
        key = secrets.verifying_keys(self.settings.link_secret_arn, key_id)[key_id]
        until = approval.expires_at + links.OUTLIVES
        return f"{path}?{links.sign(key, key_id, approval.id, self.person.address, until)}"


def _reviews(approvals: list[Approval], opener: Opener) -> list[Flight]:
    """Versions that wait for a first look."""
    return [
        Flight(
            version=asked.version,
            state="Waits for review",
            since=asked.created_at,
            waits_for="the review",
            waits_for_whom=asked.people,
            until=asked.expires_at,
            approval_url=opener.url(asked),
        )
        for asked in approvals
        if asked.kind is Kind.REVIEW and asked.is_pending and asked.expires_at > opener.now
    ]


def _flights(items: list[Item], opener: Opener) -> list[Flight]:
    approvals = _approvals(items)
    flights = _reviews(approvals, opener)
    for item in items:
        if not item["pk"].startswith("RELEASE#") or item.get("outcome") != "running":
            continue
        release_id = item["pk"].removeprefix("RELEASE#")
        asked = next((a for a in approvals if a.release_id == release_id and a.is_pending), None)
        flights.append(
            Flight(
                version=int(item["version"]),
                state="Waits for promotion" if asked else "On its way",
                since=asked.created_at if asked else _moment(keys.since(item)),
                waits_for="the promotion" if asked else "",
                waits_for_whom=asked.people if asked else (),
                until=asked.expires_at if asked else None,
                approval_url=opener.url(asked) if asked else "",
            )
        )
    return flights


def _row(summary: registry.Summary, items: list[Item], stages: dict[str, Item]) -> VersionRow:
    facts = [i for i in items if i.get("subject") == summary.arn]
    commits = {str((i.get("detail") or {}).get("commit") or "") for i in facts} - {""}
    facts += [i for i in items if i.get("subject") in {f"commit:{c}" for c in commits}]
    story = sorted(facts, key=lambda item: str(item["at"]))
    held = [name for name, i in stages.items() if i["model_package_arn"] == summary.arn]
    run = next((i.get("detail") or {} for i in facts if i["kind"] == "registered"), {})
    commit, message = str(run.get("commit") or ""), str(run.get("message") or "")
    return VersionRow(
        version=version_of(summary.arn),
        status=summary.status,
        registered_at=summary.registered_at,
        stages=tuple(name.capitalize() for name in held),
        figures=run.get("figures"),
        commit=Commit(commit, message=message) if commit else None,
        data=lineage.data_of({"detail": run}),
        steps=tuple(_step(step) for step in run.get("graph") or ()),
        why=standing.why(
            standing.Known(
                version=version_of(summary.arn),
                status=summary.status,
                live=_version(stages.get("production")),
                facts=story,
                decided=_asked(items, summary.arn),
                releases=[i for i in items if _is_release(i, summary.arn)],
            )
        ),
        timeline=tuple(views.line(item) for item in story),
    )


def _step(step: dict[str, Any]) -> Step:
    seconds = step["seconds"]
    return Step(
        name=str(step["name"]),
        kind=str(step["kind"]),
        status=str(step["status"]),
        seconds=None if seconds is None else float(seconds),
        after=tuple(step["after"]),
        cached=bool(step["cached"]),
    )


def _version(stage: Item | None) -> int | None:
    return version_of(str(stage["model_package_arn"])) if stage else None


def _asked(items: list[Item], arn: str) -> list[Approval]:
    found = [asked for asked in _approvals(items) if asked.model_package_arn == arn]
    return sorted(found, key=lambda asked: asked.created_at)


def _is_release(item: Item, arn: str) -> bool:
    return item["pk"].startswith("RELEASE#") and item.get("model_package_arn") == arn


def _approvals(items: list[Item]) -> list[Approval]:
    return [from_item(item) for item in items if item["pk"].startswith("APPROVAL#")]


def _moment(text: Any) -> datetime:
    return datetime.fromisoformat(str(text))
