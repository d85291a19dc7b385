"""What the build stored beside a definition: the stages' settings and the commit."""

from typing import Any

from adapters import objects
from domain.errors import EvidenceMissingError
from domain.release import Version
from domain.stages import Stages, parse_stages


def settings_uri(bucket: str, version: Version) -> str:
    """Where the settings of a version are: its commit's, or the newest build's without one.

    A pipeline that is started by hand may name a commit that was never built.
    """
    own = f"s3://{bucket}/definitions/{version.commit}/settings.json"
    if version.commit and objects.etag(own) is not None:
        return own
    return f"s3://{bucket}/definitions/latest/settings.json"


def raw_stages(uri: str) -> dict[str, Any]:
    """`stages.yaml` of a commit, as JSON."""
    document = objects.read_json(uri)
    if document is None:
        raise EvidenceMissingError(f"there are no settings at {uri}: push a commit to build one")
    stages: dict[str, Any] = document["stages"]
    return stages


def stages(uri: str) -> Stages:
    """`stages.yaml` of a commit, parsed."""
    return parse_stages(raw_stages(uri))


def commit(bucket: str, version: Version) -> dict[str, Any]:
    """What the build wrote of a version's commit (`CommitInfo`); {} if unknown."""
    if not version.commit:
        return {}
    return objects.read_json(f"s3://{bucket}/definitions/{version.commit}/commit.json") or {}
