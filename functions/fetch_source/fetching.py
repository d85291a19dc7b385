"""Reading a commit, checking it, storing what its pipeline needs under digests."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from adapters import building, champion, endpoints, objects, training
from adapters.ledger import Ledger
from adapters.providers import Providers
from adapters.source import CommitInfo, Source, read_all
from domain import build, naming, stage_rules
from domain import building as rules
from domain.deployment import project_tags
from domain.errors import BuildSupersededError, NoDataError, UnknownFolderError
from domain.events import Commit
from domain.policy import parse_policy
from domain.stages import Stages

OWN = ""
"""The role of the function itself."""


@dataclass(frozen=True)
class Settings:
    """What the template sets. `aws_region` is set by Lambda itself."""

    artifact_bucket: str
    approvers: str
    aws_region: str
    build_unchanged_commits: str
    data_prefix: str
    github_api_url: str
    github_secret_arn: str
    ledger_table: str
    model_package_group_name: str
    pipeline_folder: str
    pipeline_name: str
    pipeline_role_arn: str
    production_endpoint_name: str
    project_id: str
    project_name: str

    @property
    def providers(self) -> Providers:
        """How this stack reaches its repository."""
        return Providers(self.github_api_url, self.github_secret_arn)


def fetch(commit: Commit, source: Source, settings: Settings, now: datetime) -> dict[str, Any]:
    """The arguments of UpdatePipeline, CreatePipeline and StartPipelineExecution.

    `{"unchanged": true}` alone when the last build of the branch read the very same files. Raises a
    `BuildRefusedError` of the kind that names what to mend.
    """
    ledger = Ledger(settings.ledger_table)
    folder = settings.pipeline_folder.strip("/")
    definition, described = _definition(source, folder)
    rendered = build.parse_rendered(folder, described)
    files = read_all(source, rendered.files)
    _check_head(commit, ledger, settings, now)
    digest = build.sources_digest(definition, described, files)
    known = building.branch(ledger, commit.repository, commit.branch)
    if settings.build_unchanged_commits != "true" and rules.is_unchanged(known, digest):
        building.ended_without_pipeline(commit, ledger, now)
        return {"unchanged": True, "commit_id": commit.commit_id}
    build.check_fresh(folder, rendered, definition, files)
    monitor = source.read(f"{folder}/monitor.json") if rendered.monitor_sha256 else None
    build.check_monitor(folder, rendered, monitor)
    _check_stages(build.check_settings(rendered), settings)
    parse_policy(rendered.stages, _people(settings.approvers))
    try:
        values = _values(commit, rendered, settings)
    except NoDataError:
        building.ended_without_pipeline(commit, ledger, now)  # its first data starts it again
        raise
    values |= _store_code(rendered, files, settings)
    _store_monitor(commit, monitor, values, settings)
    values |= champion.parameters(
        settings.artifact_bucket,
        settings.model_package_group_name,
        settings.production_endpoint_name,
        ledger,
    )
    info = source.info()
    started = build.pipeline_definition(definition, values)
    key = _store_definition(commit, started, rendered, info, settings)
    return {
        "unchanged": False,
        "commit_id": commit.commit_id,
        "sources_digest": digest,
        "pipeline_name": settings.pipeline_name,
        "definition_key": key,
        "description": _description(commit, info),
        "parameters": build.pipeline_parameters(definition, values),
        "client_request_token": naming.client_request_token(commit.repository, commit.commit_id),
        "tags": project_tags(settings.project_name, settings.project_id),
    }


def _check_head(commit: Commit, ledger: Ledger, settings: Settings, now: datetime) -> None:
    """Raise `BuildSupersededError` when the branch has moved on while the commit was read."""
    head = settings.providers.head(commit.provider, commit.repository, commit.branch)
    if rules.is_superseded(commit.commit_id, head):
        building.superseded(commit, ledger, now)
        raise BuildSupersededError(f"{commit.branch} is at {str(head)[:10]} by now")


def _check_stages(stages: Stages, settings: Settings) -> None:
    """Raise `InvalidSettingsError` when the live endpoint cannot become what production asks for.

    An endpoint in another account is not seen from here; its deployment refuses the same.
    """
    production = stages.production
    if production.is_serverless:
        live = endpoints.look(settings.production_endpoint_name, OWN)
        if live is not None:
            stage_rules.check_change(production, live.is_serverless)


def _definition(source: Source, folder: str) -> tuple[bytes, bytes]:
    definition = source.read(f"{folder}/pipeline.json")
    rendered = source.read(f"{folder}/rendered.json")
    if definition is None or rendered is None:
        missing = "pipeline.json" if definition is None else "rendered.json"
        raise UnknownFolderError(
            f"the commit has no {folder}/{missing}: run make pipeline and commit what it writes, "
            "or set the stack's PipelineFolder to the folder of your project"
        )
    return definition, rendered


def _values(commit: Commit, rendered: build.Rendered, settings: Settings) -> dict[str, str]:
    return {
        "ArtifactBucket": settings.artifact_bucket,
        "ExecutionRoleArn": settings.pipeline_role_arn,
        "CommitId": commit.commit_id,
        "Branch": commit.branch,
        "Repository": commit.repository,
        "ProjectName": settings.project_name,
        "ProjectId": settings.project_id,
        "ModelPackageGroupName": settings.model_package_group_name,
        "SettingsDigest": rendered.settings_digest,
        **build.image_parameters(rendered, settings.aws_region),
        **training.fresh(settings.artifact_bucket, settings.data_prefix),
    }


def _store_code(
    rendered: build.Rendered, files: dict[str, bytes], settings: Settings
) -> dict[str, str]:
    bundles = build.bundles(rendered, files)
    stored = {key: data for bundle in bundles for key, data in bundle.objects.items()}
    objects.write_many(settings.artifact_bucket, stored)
    return {b.parameter: f"s3://{settings.artifact_bucket}/{b.uri_key}" for b in bundles}


def _store_monitor(
    commit: Commit, monitor: bytes | None, values: dict[str, str], settings: Settings
) -> None:
    """Keep the definition with which this commit's version is watched once it is in production."""
    if monitor is not None:
        uri = f"s3://{settings.artifact_bucket}/definitions/{commit.commit_id}/monitor.json"
        objects.write(uri, build.with_defaults(monitor, values), "application/json")


def _store_definition(
    commit: Commit,
    definition: bytes,
    rendered: build.Rendered,
    info: CommitInfo,
    settings: Settings,
) -> str:
    prefix = f"definitions/{commit.commit_id}"
    facts = {**asdict(info), "repository": commit.repository, "branch": commit.branch}
    stages = json.dumps({"project": rendered.project, "stages": rendered.stages}).encode()
    objects.write_many(
        settings.artifact_bucket,
        {
            f"{prefix}/pipeline.json": definition,
            f"{prefix}/settings.json": stages,
            # For a version that was registered by hand and names no commit.
            "definitions/latest/settings.json": stages,
            f"{prefix}/commit.json": json.dumps(facts).encode(),
        },
    )
    return f"{prefix}/pipeline.json"


def _description(commit: Commit, info: CommitInfo) -> str:
    subject = info.message.splitlines()[0] if info.message else "no message"
    return f"{commit.commit_id[:10]} {subject}"[:200]


def _people(approvers: str) -> list[str]:
    return [address.strip() for address in approvers.split(",") if address.strip()]
