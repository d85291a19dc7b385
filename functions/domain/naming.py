"""Names that AWS accepts and that are the same for the same cause.

Limits: a Step Functions execution name has 1–80 characters of `[A-Za-z0-9_-]`; SageMaker names have
1–63 of `[a-zA-Z0-9-]`; a `ClientRequestToken` of StartPipelineExecution has 32–128.
"""

import hashlib
import re

EXECUTION_NAME_MAX = 80
SAGEMAKER_NAME_MAX = 63


def digest(*parts: str) -> str:
    """Hex SHA-256 over `parts`, each of which may hold any text."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def slug(text: str) -> str:
    """`text` with every character that AWS names forbid turned into a hyphen."""
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-") or "x"


def _bounded(stem: str, tail: str, limit: int) -> str:
    return f"{stem[: limit - len(tail) - 1].rstrip('-')}-{tail}"


def build_execution(repository: str, commit: str, attempt: int = 0) -> str:
    """One name per repository, commit and attempt: starting it twice starts nothing."""
    tail = f"{digest(repository)[:6]}-{slug(commit)}" + (f"-{attempt}" if attempt else "")
    return _bounded(slug(repository), tail, EXECUTION_NAME_MAX)


def release_execution(group: str, version: int, approval: int) -> str:
    """One name per model version and approval: the same approval starts one release."""
    tail = f"v{version}-a{approval}-{digest(group)[:6]}"
    return _bounded(slug(group), tail, EXECUTION_NAME_MAX)


def rollback_execution(group: str, version: int, *causes: str) -> str:
    """One name per version and what it replaces: pressing the button twice goes back once."""
    return _bounded(
        slug(group), f"v{version}-back-{digest(group, *causes)[:8]}", EXECUTION_NAME_MAX
    )


def child_execution(release_id: str, stage: str, attempt: str = "") -> str:
    """The deployment of one stage within one release."""
    tail = "-".join(filter(None, [slug(stage), slug(attempt) if attempt else ""]))
    return _bounded(release_id, f"{digest(release_id)[:6]}-{tail}", EXECUTION_NAME_MAX)


def sagemaker_name(*parts: str) -> str:
    """A SageMaker name made of `parts`, with a short digest so that cutting never joins two."""
    return _bounded(slug("-".join(parts)), digest(*parts)[:8], SAGEMAKER_NAME_MAX)


def client_request_token(*parts: str) -> str:
    """64 characters, the same for the same parts."""
    return digest("client-request-token", *parts)


def version_of(model_package_arn: str) -> int:
    """The version number at the end of a versioned model package ARN."""
    return int(model_package_arn.rsplit("/", 1)[1])


def group_of(model_package_arn: str) -> str:
    """The model package group's name in a versioned model package ARN."""
    return model_package_arn.rsplit(":model-package/", 1)[1].split("/", 1)[0]
