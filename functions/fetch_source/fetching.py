"""Reading a commit, checking it, storing what its pipeline needs under digests."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from adapters import objects
from adapters.source import CommitInfo, Source, read_all
from domain import build, naming
from domain.deployment import project_tags
from domain.errors import NoDataError, UnknownFolderError
from domain.events import Commit
from domain.policy import parse_policy


@dataclass(frozen=True)
class Settings:
    """What the template sets. `aws_region` is set by Lambda itself."""

    artifact_bucket: str
    approvers: str
    aws_region: str
    data_prefix: str
    github_api_url: str
    github_secret_arn: str
    model_package_group_name: str
    pipeline_folder: str
    pipeline_name: str
    pipeline_role_arn: str
    project_id: str
    project_name: str


def fetch(commit: Commit, source: Source, settings: Settings) -> dict[str, Any]:
    """The arguments of UpdatePipeline, CreatePipeline and StartPipelineExecution.

    Raises a `BuildRefusedError` of the kind that names what to mend.
    """
    folder = settings.pipeline_folder.strip("/")
    definition, rendered = _definition(source, folder)
    files = read_all(source, rendered.files)
    build.check_fresh(folder, rendered, definition, files)
    build.check_settings(rendered)
    parse_policy(rendered.stages, _people(settings.approvers))
    values = _values(commit, rendered, settings) | _store_code(rendered, files, settings)
    info = source.info()
    key = _store_definition(commit, definition, rendered, info, settings)
    return {
        "commit_id": commit.commit_id,
        "pipeline_name": settings.pipeline_name,
        "definition_key": key,
        "description": _description(commit, info),
        "parameters": build.pipeline_parameters(definition, values),
        "client_request_token": naming.client_request_token(commit.repository, commit.commit_id),
        "tags": project_tags(settings.project_name, settings.project_id),
    }


def _definition(source: Source, folder: str) -> tuple[bytes, build.Rendered]:
    definition = source.read(f"{folder}/pipeline.json")
    rendered = source.read(f"{folder}/rendered.json")
    if definition is None or rendered is None:
        missing = "pipeline.json" if definition is None else "rendered.json"
        raise UnknownFolderError(
            f"the commit has no {folder}/{missing}: run make pipeline and commit what it writes, "
            "or set the stack's PipelineFolder to the folder of your project"
        )
    return definition, build.parse_rendered(folder, rendered)


def _values(commit: Commit, rendered: build.Rendered, settings: Settings) -> dict[str, str]:
    table = objects.listing(settings.artifact_bucket, settings.data_prefix)
    if not table:
        raise NoDataError(
            f"there is no table under s3://{settings.artifact_bucket}/{settings.data_prefix}: "
            "upload one, and push again"
        )
    return {
        "ArtifactBucket": settings.artifact_bucket,
        "ExecutionRoleArn": settings.pipeline_role_arn,
        "InputDataUri": f"s3://{settings.artifact_bucket}/{settings.data_prefix}",
        "DataDigest": build.data_digest(table),
        "CommitId": commit.commit_id,
        "Branch": commit.branch,
        "Repository": commit.repository,
        "ProjectName": settings.project_name,
        "ProjectId": settings.project_id,
        "ModelPackageGroupName": settings.model_package_group_name,
        "SettingsDigest": rendered.settings_digest,
        **build.image_parameters(rendered, settings.aws_region),
    }


def _store_code(
    rendered: build.Rendered, files: dict[str, bytes], settings: Settings
) -> dict[str, str]:
    bundles = build.bundles(rendered, files)
    stored = {key: data for bundle in bundles for key, data in bundle.objects.items()}
    objects.write_many(settings.artifact_bucket, stored)
    return {b.parameter: f"s3://{settings.artifact_bucket}/{b.uri_key}" for b in bundles}


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
            f"{prefix}/pipeline.json": build.pipeline_definition(definition),
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
