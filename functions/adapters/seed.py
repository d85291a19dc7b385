"""A new CodeCommit repository, and the files that a Lambda layer brings for it."""

from collections.abc import Mapping
from pathlib import Path

from adapters import aws
from domain.seeding import MESSAGE, sources

AUTHOR, EMAIL = "Slipway", "slipway@example.com"


def files(folder: str) -> dict[str, bytes]:
    """The sources below `folder`, by their path in it. Raises `SeedError`."""
    top = Path(folder)
    paths = [path.relative_to(top).as_posix() for path in top.rglob("*") if path.is_file()]
    return {path: (top / path).read_bytes() for path in sources(paths)}


def has_branches(repository: str) -> bool:
    """Whether anything was ever pushed."""
    return bool(aws.client("codecommit").list_branches(repositoryName=repository)["branches"])


def commit(repository: str, branch: str, content: Mapping[str, bytes]) -> str:
    """Make the first commit of an empty repository; its id. The event of the push follows."""
    answer = aws.client("codecommit").create_commit(
        repositoryName=repository,
        branchName=branch,
        authorName=AUTHOR,
        email=EMAIL,
        commitMessage=MESSAGE,
        putFiles=[{"filePath": path, "fileContent": data} for path, data in content.items()],
    )
    return str(answer["commitId"])
