"""Starting the monitor: with the code, settings and statistics of the version in production."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters import aws, objects, registry
from adapters.ledger import Ledger
from domain import ledger as keys
from domain import monitoring, naming
from domain.deployment import project_tags
from domain.release import Version


@dataclass(frozen=True)
class Settings:
    """What the template sets."""

    artifact_bucket: str
    drift_window_hours: str
    ledger_table: str
    monitor_pipeline_name: str
    pipeline_role_arn: str
    production_endpoint_name: str
    project_id: str
    project_name: str


def watch(until: datetime, settings: Settings) -> dict[str, Any]:
    """The outcome, and the execution that was started; the same time starts it once."""
    stage = Ledger(settings.ledger_table).get(keys.stage_key(settings.production_endpoint_name))
    arn = str((stage or {}).get("model_package_arn") or "")
    version = registry.version_if_there(arn) if arn else None
    if version is None:
        return {"outcome": monitoring.NOTHING_LIVE}
    definition = f"definitions/{version.commit}/monitor.json"
    statistics = version.metadata.get("statistics_uri", "").rstrip("/")
    if objects.etag(f"s3://{settings.artifact_bucket}/{definition}") is None:
        return {"outcome": monitoring.NO_DEFINITION}
    if not statistics or objects.etag(f"{statistics}/profile.json") is None:
        return {"outcome": monitoring.NO_BASELINE}
    captured = _captured(until, settings)
    if not captured:
        return {"outcome": monitoring.NO_CAPTURE}
    uri = f"s3://{settings.artifact_bucket}/drift/{until:%Y-%m-%dT%H-%M-%SZ}/manifest.json"
    objects.write(uri, monitoring.manifest(settings.artifact_bucket, captured), "application/json")
    _upsert(definition, version, settings)
    started = _start(version, statistics, uri, until, settings)
    return {
        "outcome": monitoring.STARTED, "version": version.number, "files": len(captured),
        "pipeline_execution_arn": started,
    }  # fmt: skip


def _captured(until: datetime, settings: Settings) -> list[str]:
    prefixes = monitoring.hours(
        settings.production_endpoint_name, until, int(settings.drift_window_hours)
    )
    return [key for one in prefixes for key in objects.listing(settings.artifact_bucket, one)]


def _upsert(definition: str, version: Version, settings: Settings) -> None:
    """Let the pipeline be what the commit of the version in production says."""
    sagemaker = aws.client("sagemaker")
    described = {
        "PipelineName": settings.monitor_pipeline_name,
        "PipelineDefinitionS3Location": {
            "Bucket": settings.artifact_bucket, "ObjectKey": definition,
        },
        "PipelineDescription": f"Requests to version {version.number} of {settings.project_name}",
        "RoleArn": settings.pipeline_role_arn,
    }  # fmt: skip
    try:
        sagemaker.update_pipeline(**described)
    except sagemaker.exceptions.ResourceNotFound:
        sagemaker.create_pipeline(
            **described,
            ClientRequestToken=naming.client_request_token(
                settings.monitor_pipeline_name, definition
            ),
            Tags=project_tags(settings.project_name, settings.project_id),
        )


def _start(
    version: Version, statistics: str, manifest: str, until: datetime, settings: Settings
) -> str:
    values = {
        "CaptureManifestUri": manifest,
        "ChampionVersion": str(version.number),
        "ChampionStatisticsUri": statistics,
    }
    answer = aws.client("sagemaker").start_pipeline_execution(
        PipelineName=settings.monitor_pipeline_name,
        PipelineExecutionDescription=f"Requests to version {version.number}",
        PipelineParameters=[{"Name": name, "Value": value} for name, value in values.items()],
        ClientRequestToken=naming.client_request_token("monitor", version.arn, until.isoformat()),
    )
    return str(answer["PipelineExecutionArn"])
