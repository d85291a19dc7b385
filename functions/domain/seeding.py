"""The first commit of a new repository: which files it holds, and what CloudFormation is told.

Limits of CreateCommit: 100 files, 6 MB a file and 7 MB together.
https://docs.aws.amazon.com/codecommit/latest/userguide/limits.html
"""

from collections.abc import Iterable, Mapping
from typing import Any

FOLDER = "pipeline_def"
MESSAGE = "The pipelines that came with the stack"
MOST_FILES = 100
MOST_BYTES = 6 * 1024 * 1024
_CACHES = ("__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache")
# The answer as a whole may have 4096 bytes.
_REASON = 1000


class SeedError(ValueError):
    """The pipelines cannot be one commit; the text says why."""


def sources(paths: Iterable[str]) -> list[str]:
    """The paths of `pipeline_def/` that belong into a repository: not what tools left there.

    Raises `SeedError` when there are none, or more than one commit may have.
    """
    found = sorted(
        path
        for path in paths
        if not path.endswith(".pyc") and not set(path.split("/")) & set(_CACHES)
    )
    if not 0 < len(found) <= MOST_FILES:
        raise SeedError(
            f"{FOLDER}/ came with {len(found)} files, and one CreateCommit takes {MOST_FILES}"
        )
    return found


def first_commit(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Files by their path in `pipeline_def/` → files by their path in the repository.

    Raises `SeedError` when they are too large for one commit.
    """
    size = sum(len(content) for content in files.values())
    if size > MOST_BYTES:
        raise SeedError(
            f"{FOLDER}/ has {size} bytes, and one CreateCommit is given at most {MOST_BYTES}"
        )
    return {f"{FOLDER}/{path}": content for path, content in files.items()}


def refusal(repository: str, error: Exception) -> str:
    """Why the stack has no first commit, and how to go on without it."""
    return (
        f"{repository} was not seeded ({type(error).__name__}: {error}). Deploy with "
        f"SeedRepository=false, and push {FOLDER}/ to the branch by git; if the repository was "
        "kept, with CreateRepository=false as well"
    )


def answer(
    event: Mapping[str, Any], repository: str, reason: str, *, failed: bool = False
) -> dict[str, Any]:
    """CloudFormation's answer to its own request; the resource's id never changes.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref-responses.html
    """
    return {
        "Status": "FAILED" if failed else "SUCCESS",
        "Reason": reason[:_REASON],
        "PhysicalResourceId": event.get("PhysicalResourceId") or f"first-commit-{repository}",
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
    }
