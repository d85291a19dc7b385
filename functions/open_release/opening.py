"""Opening a release: the registry, the artifact and the settings are looked at, once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from adapters import objects, projects, registry
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


def open_release(
    release_id: str, arn: str, execution_arn: str, settings: Settings, now: datetime
) -> dict[str, Any]:
    """The release as the state machine carries it.

    Raises NotApprovedError, ArtifactChangedError, EvidenceMissingError, InvalidSettingsError.
    """
    version = registry.version(arn)
    check_approved(version)
    check_artifact(version, objects.etag(version.model_data_uri))
    _ = version.golden_uri
    uri = projects.settings_uri(settings.artifact_bucket, version)
    raw = projects.raw_stages(uri)
    parse_stages(raw)
    hours = parse_policy(raw, settings.approvers.split(",")).promotion.hours
    ledger = Ledger(settings.ledger_table)
    item = {
        "project": settings.project_name,
        "kind": "release",
        "at": keys.iso(now),
        "model_package_arn": arn,
        "version": version.number,
        "commit": version.commit,
        "execution_arn": execution_arn,
        "outcome": "running",
    }
    ledger.create(keys.release_key(release_id), item)
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
        "promotion": {"timeout_seconds": int((timedelta(hours=hours) + GRACE).total_seconds())},
        "staging": _stage(release_id, "staging", settings.staging_endpoint_name),
        "production": _stage(release_id, "production", settings.production_endpoint_name),
    }


def _stage(release_id: str, stage: str, endpoint: str) -> dict[str, str]:
    name = naming.child_execution(release_id, stage)
    return {"endpoint_name": endpoint, "execution_name": name}
