"""Reading a commit, file by file. Two providers, hence the one Protocol."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import quote

from adapters import aws
from domain.errors import SourceUnavailableError

MOST_FILES = 300
"""Of the files that a commit changed; a page of GitHub's answer has as many."""


@dataclass(frozen=True)
class CommitInfo:
    """Who committed what: shown to the person who approves.

    `committer` is the address of who made the commit of the author's work, `when` (ISO 8601) the
    moment of that. `files` are the first ones that it changed, `url` is its page.
    """

    commit_id: str
    author: str
    email: str
    message: str
    committer: str = ""
    when: str = ""
    url: str = ""
    files: tuple[str, ...] = ()


class Source(Protocol):
    """A repository at one commit."""

    def read(self, path: str) -> bytes | None:
        """The content of a file, or None when the commit has no such file."""
        ...

    def info(self) -> CommitInfo:
        """Author, message, time, page and changed files of the commit."""
        ...


def read_all(source: Source, paths: Iterable[str]) -> dict[str, bytes]:
    """Several files at once. Raises `SourceUnavailableError` that names one that is missing."""
    wanted = sorted(set(paths))
    with ThreadPoolExecutor(max_workers=8) as pool:
        found = dict(zip(wanted, pool.map(source.read, wanted), strict=True))
    missing = [path for path, content in found.items() if content is None]
    if missing:
        raise SourceUnavailableError(
            f"the commit has no file {missing[0]}, which rendered.json names: commit it, or run "
            "make pipeline"
        )
    return {path: content for path, content in found.items() if content is not None}


@dataclass(frozen=True)
class CodeCommitSource:
    """A CodeCommit repository at one commit. GetFile returns at most 6 MB."""

    repository: str
    commit_id: str

    def read(self, path: str) -> bytes | None:
        """See `Source.read`."""
        codecommit = aws.client("codecommit")
        missing = codecommit.exceptions
        try:
            answer = codecommit.get_file(
                repositoryName=self.repository, commitSpecifier=self.commit_id, filePath=path
            )
        except (missing.FileDoesNotExistException, missing.FolderDoesNotExistException):
            return None
        except (
            missing.CommitDoesNotExistException,
            missing.RepositoryDoesNotExistException,
            missing.FileTooLargeException,
        ) as error:
            raise SourceUnavailableError(
                f"CodeCommit has no {path} at commit {self.commit_id} of {self.repository}: {error}"
            ) from error
        content: bytes = answer["fileContent"]
        return content

    def info(self) -> CommitInfo:
        """See `Source.info`."""
        codecommit = aws.client("codecommit")
        commit: dict[str, Any] = codecommit.get_commit(
            repositoryName=self.repository, commitId=self.commit_id
        )["commit"]
        author, committer = commit.get("author", {}), commit.get("committer", {})
        return CommitInfo(
            commit_id=self.commit_id,
            author=author.get("name", ""),
            email=author.get("email", ""),
            message=commit.get("message", "").strip(),
            committer=committer.get("email", ""),
            when=_moment(committer.get("date", "")),
            url=self._page(codecommit.meta),
            files=self._changed(commit.get("parents") or []),
        )

    def _changed(self, parents: list[str]) -> tuple[str, ...]:
        """The paths that differ from the first parent; without one, all that there are."""
        before = {"beforeCommitSpecifier": parents[0]} if parents else {}
        pages = aws.client("codecommit").get_paginator("get_differences").paginate(
            repositoryName=self.repository, afterCommitSpecifier=self.commit_id,
            PaginationConfig={"MaxItems": MOST_FILES}, **before,
        )  # fmt: skip
        found = [one for page in pages for one in page["differences"]]
        return tuple(str((one.get("afterBlob") or one["beforeBlob"])["path"]) for one in found)

    def _page(self, meta: Any) -> str:
        """The commit in AWS's console, which has other hosts in other partitions."""
        if meta.partition != "aws":
            return ""
        region, name = meta.region_name, quote(self.repository)
        return (
            f"https://{region}.console.aws.amazon.com/codesuite/codecommit/repositories/{name}"
            f"/commit/{self.commit_id}?region={region}"
        )


def _moment(date: str) -> str:
    """CodeCommit's `1484167798 -0800` in ISO 8601; empty for anything else."""
    seconds = date.partition(" ")[0]
    return datetime.fromtimestamp(int(seconds), UTC).isoformat() if seconds.isdecimal() else ""


def head(repository: str, branch: str) -> str | None:
    """The newest commit of a CodeCommit branch, or None where there is no such branch."""
    codecommit = aws.client("codecommit")
    try:
        answer = codecommit.get_branch(repositoryName=repository, branchName=branch)
    except (
        codecommit.exceptions.BranchDoesNotExistException,
        codecommit.exceptions.RepositoryDoesNotExistException,
    ):
        return None
    return str(answer["branch"]["commitId"])
