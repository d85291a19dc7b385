"""Opening a release: the registry, the artifact and the settings are looked at, once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from adapters import objects, projects, proofs, registry
from adapters.ledger import Ledger
from domain import ledger as keys
from domain import naming
from domain.ledger import Fact
from domain.policy import parse_policy
from domain.release import check_approved, check_artifact
from domain.stages import parse_stages

# The approval expires by its policy; the state machine waits a little longer, so that the expiry
# is told by the approval and not by a timeout.
GRACE = timedelta(hours=1)


@dataclass(frozen=True)
class Settings:
    """What the template sets."""

    approvers: str
    artifact_bucket: str
    ledger_table: str
    production_endpoint_name: str
    project_name: str
    staging_endpoint_name: str


def open_release(event: Mapping[str, Any], settings: Settings, now: datetime) -> dict[str, Any]:
    """The release as the state machine carries it.

    Raises NotApprovedError, ArtifactChangedError, EvidenceMissingError, InvalidSettingsError.
    """
    release_id, arn = event["release_id"], event["model_package_arn"]
    version = registry.version(arn)
    check_approved(version)
    check_artifact(version, objects.etag(version.model_data_uri))
    _ = version.golden_uri
    uri = projects.settings_uri(settings.artifact_bucket, version)
    raw = projects.raw_stages(uri)
    parse_stages(raw)
    hours = parse_policy(raw, settings.approvers.split(",")).promotion.hours
    ledger = Ledger(settings.ledger_table)
    live = ledger.get(keys.stage_key(settings.production_endpoint_name)) or {}
    item = {
        "project": settings.project_name,
        "kind": "release",
        "at": keys.still(now),
        "model_package_arn": arn,
        "version": version.number,
        "commit": version.commit,
        "execution_arn": event["execution_arn"],
        "outcome": "running",
        "live_before": live.get("model_package_arn", ""),
    }
    ledger.create(keys.release_key(release_id), item)
    proof = proofs.of(ledger, version, uri) if _comes_back(event) else {}
    title = f"Release of version {version.number} began"
    ledger.record(
        Fact(settings.project_name, arn, "release", title, now, release_id,
             {"release_id": release_id})
    )  # fmt: skip
    return {
        "release_id": release_id,
        "model_package_arn": arn,
        "version": version.number,
        "settings_uri": uri,
        "route": _route(event, proof),
        "staging_report": {"report_uri": proof.get("staging", "")},
        "back_to": event.get("back_to"),
        "urgent": _comes_back(event),
        "promotion": {"timeout_seconds": int((timedelta(hours=hours) + GRACE).total_seconds())},
        "staging": _stage(release_id, "staging", settings.staging_endpoint_name),
        "production": _stage(release_id, "production", settings.production_endpoint_name),
    }


def _comes_back(event: Mapping[str, Any]) -> bool:
    return bool(event.get("back_to") or event.get("replaces"))


def _route(event: Mapping[str, Any], proof: Mapping[str, str]) -> str:
    """`proven`: it was in production, unchanged; `staged`: it passed staging, unchanged."""
    if event.get("back_to") or "production" in proof:
        return "proven"
    return "staged" if "staging" in proof else "full"


def _stage(release_id: str, stage: str, endpoint: str) -> dict[str, str]:
    name = naming.child_execution(release_id, stage)
    return {"endpoint_name": endpoint, "execution_name": name}
