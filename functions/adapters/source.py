"""Reading a commit, file by file. Two providers, hence the one Protocol."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

from adapters import aws
from domain.errors import SourceUnavailableError


@dataclass(frozen=True)
class CommitInfo:
    """Who committed what: shown to the person who approves. `when` as the provider writes it."""

    commit_id: str
    author: str
    email: str
    message: str


class Source(Protocol):
    """A repository at one commit."""

    def read(self, path: str) -> bytes | None:
        """The content of a file, or None when the commit has no such file."""
        ...

    def info(self) -> CommitInfo:
        """Author and message of the commit."""
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
        commit: dict[str, Any] = aws.client("codecommit").get_commit(
            repositoryName=self.repository, commitId=self.commit_id
        )["commit"]
        author = commit.get("author", {})
        return CommitInfo(
            commit_id=self.commit_id,
            author=author.get("name", ""),
            email=author.get("email", ""),
            message=commit.get("message", "").strip(),
        )


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
