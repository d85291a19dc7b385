"""What every CodeCommit operation is given: the repositories, the bus and the rules for names."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from localcloud.codecommit.errors import CodeCommitError
from localcloud.codecommit.events import Watch
from localcloud.codecommit.repository import Repositories, Repository

Answer = TypeVar("Answer", bound=dict[str, Any] | None)
Operation = Callable[["CodeCommit", dict[str, Any]], Any]
operations: dict[str, Operation] = {}


def operation(
    name: str,
) -> Callable[
    [Callable[[CodeCommit, dict[str, Any]], Answer]],
    Callable[[CodeCommit, dict[str, Any]], Answer],
]:
    """Register a function as CodeCommit's operation `name`."""

    def register(
        function: Callable[[CodeCommit, dict[str, Any]], Answer],
    ) -> Callable[[CodeCommit, dict[str, Any]], Answer]:
        operations[name] = function
        return function

    return register


@dataclass(frozen=True)
class CodeCommit:
    """The understudy: where repositories live and who is told of their changes."""

    repositories: Repositories
    watch: Watch
    account: str
    region: str
    endpoint_url: str
    caller: Callable[[], str]

    def arn(self, name: str) -> str:
        """Return the ARN of a repository."""
        return f"arn:aws:codecommit:{self.region}:{self.account}:{name}"

    def name(self, request: dict[str, Any]) -> str:
        """Return the request's repositoryName, checked as CodeCommit checks it."""
        name = request.get("repositoryName")
        if not name:
            raise CodeCommitError(
                "RepositoryNameRequiredException", "A repository name is required"
            )
        if not re.fullmatch(r"[\w.-]{1,100}", name, re.ASCII) or name.endswith(".git"):
            message = (
                "The repository name is not valid. Repository names can be up to 100 characters "
                "of letters, numbers, periods, underscores and dashes, and cannot end in .git"
            )
            raise CodeCommitError("InvalidRepositoryNameException", message)
        return str(name)

    def repository(self, request: dict[str, Any]) -> Repository:
        """Return the repository that a request names, or raise as AWS does."""
        name = self.name(request)
        repository = self.repositories.get(name)
        if repository is None:
            raise CodeCommitError("RepositoryDoesNotExistException", f"{name} does not exist")
        return repository

    def commit(self, repository: Repository, specifier: str | None) -> str:
        """Return the commit id of a branch, tag or id; None is the default branch's head."""
        named = specifier or str(repository.metadata.get("defaultBranch", "HEAD"))
        commit = repository.resolve(named)
        if commit is None:
            message = f"The commit {named} does not exist in {repository.name}"
            raise CodeCommitError("CommitDoesNotExistException", message)
        return commit


def required(request: dict[str, Any], field: str, code: str) -> Any:
    """Return a field that must be given and not empty; `code` is AWS's error for its lack."""
    value = request.get(field)
    if value in (None, "", []):
        raise CodeCommitError(code, f"{field} is required")
    return value
