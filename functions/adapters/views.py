"""Gathering what a person is shown: the same evidence in the mail and on the page."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from adapters import objects, projects, registry
from adapters.ledger import Item, Ledger
from domain import comparison, costs, rollback
from domain import ledger as keys
from domain.approval import Approval, Kind
from domain.evidence import Evidence
from domain.evidence_files import gather
from domain.naming import digest, version_of
from domain.pages.view import ApprovalView, Change, Commit, Fact, Graph, Line
from domain.people import Person
from domain.policy import parse_policy
from domain.release import Version, deleted
from domain.stages import Instances, Serverless, Stage, parse_stages

SAID_ABOVE = {
    *("ArtifactBucket", "Branch", "ChampionVersion", "CommitId", "DataDigest", "ExecutionRoleArn"),
    *("ModelPackageGroupName", "ProjectId", "ProjectName", "Repository", "SettingsDigest"),
    "XGBoostImage",
}
ATTEMPTS_SHOWN = 20
AGENT_SHOWN = 80
GOOD = {"approved", "released", "registered", "promoted"}
BAD = {"rejected", "failed", "refused", "staging_failed", "production_failed", "rolled_back"}


@dataclass(frozen=True)
class Places:
    """Where things are in this stack."""

    artifact_bucket: str
    project_name: str
    staging_endpoint_name: str
    production_endpoint_name: str
    approvers: str = ""


def evidence(version: Version, bucket: str, release_id: str = "") -> Evidence:
    """The files of a version's evidence; a file that is not there is shown as missing."""
    base = version.metadata.get("evaluation_uri", "").rstrip("/")
    golden = version.metadata.get("golden_uri", "").rstrip("/")
    statistics = version.metadata.get("statistics_uri", "").rstrip("/")
    uris = {
        "evaluation": version.evaluation_uri or (f"{base}/evaluation.json" if base else ""),
        "report": f"{base}/report.json" if base else "",
        "golden": f"{golden}/golden.json" if golden else "",
        "data_check": f"{statistics}/check.json" if statistics else "",
        "staging": f"s3://{bucket}/reports/{release_id}/staging.json" if release_id else "",
    }
    return gather(**objects.read_many({name: uri for name, uri in uris.items() if uri}))


def approval_view(
    approval: Approval, person: Person, ledger: Ledger, places: Places, now: datetime
) -> ApprovalView:
    """Everything on the page of `approval`, for `person`."""
    arn = approval.model_package_arn
    # Who decided what is shown after the version is gone, too.
    version = registry.version_if_there(arn) or deleted(arn)
    own = approval.settings_uri or projects.settings_uri(places.artifact_bucket, version)
    raw = projects.raw_stages(own)
    stages = parse_stages(raw)
    rules = parse_policy(raw, places.approvers.split(",")).of(approval.kind)
    frozen = rules.frozen_until(now) if approval.kind is Kind.PROMOTION else None
    is_review = approval.kind is Kind.REVIEW
    stage = stages.staging if is_review else stages.production
    before = None if is_review else live_capacity(ledger, places)
    endpoint = places.staging_endpoint_name if is_review else places.production_endpoint_name
    return ApprovalView(
        project=places.project_name,
        approval=approval,
        person=person,
        evidence=evidence(version, places.artifact_bucket, approval.release_id),
        change=Change(
            endpoint=endpoint,
            replaces=live_version(ledger, places.production_endpoint_name),
            capacity=costs.describe(stage.capacity),
            rollout="" if is_review else rollout(stage),
        ),
        now=now,
        commit=commit(version, places.artifact_bucket),
        lineage=lineage(version, ledger),
        cost=costs.cost_of_change(before, stage, objects.region()),
        history=history(ledger, version),
        frozen_until=frozen[0] if frozen else None,
        frozen_why=frozen[1] if frozen else "",
    )


def live_version(ledger: Ledger, endpoint: str) -> int | None:
    """The version that an endpoint runs, by the ledger."""
    stage = ledger.get(keys.stage_key(endpoint))
    arn = stage.get("model_package_arn") if stage else None
    return version_of(arn) if arn else None


def commit(version: Version, bucket: str) -> Commit | None:
    """The commit behind a version, as its build has stored it."""
    facts = projects.commit(bucket, version)
    if not version.commit:
        return None
    name, email, when = (facts.get(key, "") for key in ("author", "email", "when"))
    return Commit(
        id=version.commit,
        author=f"{name} <{email}>" if email else name,
        message=facts.get("message", ""),
        at=datetime.fromisoformat(when) if when else None,
        url=facts.get("url", ""),
        files=tuple(facts.get("files", ())),
        repository=facts.get("repository", version.metadata.get("repository", "")),
        branch=facts.get("branch", version.metadata.get("branch", "")),
    )


def lineage(version: Version, ledger: Ledger) -> tuple[Fact, ...]:
    """From the version back to commit, data, settings, image, artifact, steps and parameters."""
    rows = [
        Fact("Model version", version.arn, code=True),
        Fact("Artifact", version.model_data_uri, code=True),
        Fact("Artifact ETag", version.etag or "not recorded", code=True),
        Fact("Image", version.image, code=True),
        Fact("Commit", version.commit or "not recorded", code=True),
        Fact("Data digest", version.metadata.get("data_digest", "not recorded"), code=True),
        Fact("Settings digest", version.metadata.get("settings_digest", "not recorded"), code=True),
        Fact(
            "Pipeline execution",
            version.metadata.get("pipeline_execution_arn", "not recorded"),
            code=True,
        ),
        Fact("Compared with", _opponent(version.metadata.get("champion_version", ""))),
        *(Fact(name, value) for name, value in comparison.told(version.metadata)),
    ]
    return (*rows, *_run_facts(version, ledger))


def _opponent(champion: str) -> str:
    if not champion:
        return "not recorded"
    return "no version, it was the first" if champion == "none" else f"version {champion}"


def _run_facts(version: Version, ledger: Ledger) -> list[Fact]:
    """The steps and parameters of the run, which its report wrote into the timeline."""
    told = [item for item in ledger.timeline(version.arn) if item["kind"] == "registered"]
    detail = (told[0].get("detail") or {}) if told else {}
    steps = ", ".join(detail.get("steps") or []) or "not recorded"
    values = detail.get("parameters") or {}
    shown = {name: values[name] for name in sorted(values) if name not in SAID_ABOVE}
    return [Fact("Steps", steps), *(Fact(name, shown[name], code=True) for name in shown)]


def history(ledger: Ledger, version: Version) -> tuple[Line, ...]:
    """The timeline of a version, from its commit to now."""
    items = ledger.timeline(version.arn)
    if version.commit:
        items = ledger.timeline(f"commit:{version.commit}") + items
    tries = [item for item in items if item["kind"] == "attempt"]
    left_out = {item["sk"] for item in tries[:-ATTEMPTS_SHOWN]}
    lines = [line(item) for item in items if item["sk"] not in left_out]
    if left_out:
        last = tries[-ATTEMPTS_SHOWN - 1]
        title = f"{len(left_out)} earlier decisions did not count"
        lines.append(Line(datetime.fromisoformat(str(last["at"])), title))
    return tuple(lines)


def line(item: Item) -> Line:
    """One fact of the ledger as a line of a timeline."""
    kind, detail = str(item["kind"]), item.get("detail") or {}
    passed = detail.get("passed")
    tone = "good" if kind in GOOD or passed else "bad" if kind in BAD or passed is False else ""
    return Line(
        at=datetime.fromisoformat(str(item["at"])),
        title=str(item["title"]),
        detail=str(detail.get("reason") or ""),
        who=" · ".join(part for part in (str(detail.get("who") or ""), *_whence(detail)) if part),
        tone=tone,
        graphs=tuple(_graph(alarm) for alarm in detail.get("alarms") or []),
    )


def _whence(detail: Mapping[str, Any]) -> tuple[str, str]:
    """Network address and user agent behind what a person did."""
    return str(detail.get("address") or ""), str(detail.get("agent") or "")[:AGENT_SHOWN]


def _graph(alarm: Mapping[str, Any]) -> Graph:
    """The metric behind an alarm that fired, minute by minute, and its limit."""
    metric, limit = str(alarm["metric"]), float(alarm["threshold"])
    rows = [(str(at)[11:16], float(figure)) for at, figure in alarm["points"]]
    return Graph(
        name=f"alarm-{digest(str(alarm['name']))[:8]}",
        title=f"{rollback.WORDS.get(metric, metric)} ({alarm['name']})",
        values=(
            *((f"{minute} UTC", figure, rollback.value(metric, figure)) for minute, figure in rows),
            ("limit", limit, rollback.value(metric, limit)),
        ),
    )


def live_capacity(ledger: Ledger, places: Places) -> Serverless | Instances | None:
    """What production runs on now, by the settings of the version that is there."""
    stage = ledger.get(keys.stage_key(places.production_endpoint_name))
    if stage is None:
        return None
    arn = str(stage["model_package_arn"])
    version = registry.version_if_there(arn) or deleted(arn)
    return projects.stages(
        projects.settings_uri(places.artifact_bucket, version)
    ).production.capacity


def rollout(stage: Stage) -> str:
    """How traffic moves, in a phrase."""
    way, bake = stage.rollout, stage.rollout.bake_seconds
    if isinstance(stage.capacity, Serverless):
        return "all at once"
    size = {
        "all_at_once": "all at once",
        "canary": f"canary {way.canary_percent} %",
        "linear": f"steps of {way.linear_percent} %",
    }[way.type]
    watched = f"{bake // 60} min" if bake >= 60 else f"{bake} s"
    return f"{size}, watched for {watched}"


def with_problem(view: ApprovalView, problem: str, typed: dict[str, str] | None) -> ApprovalView:
    """The page again after a form was refused, with what was typed and why it was refused."""
    return replace(view, problem=problem, typed=typed) if problem else view
