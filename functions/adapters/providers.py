"""Where commits come from: CodeCommit or GitHub, chosen by the commit itself."""

from dataclasses import dataclass, field

from adapters import secrets
from adapters import source as codecommit
from adapters.github import GitHub
from adapters.source import CodeCommitSource, CommitInfo, Source
from domain.events import GITHUB, Commit


@dataclass(frozen=True)
class GitHubSource:
    """A GitHub repository at one commit, fetched whole."""

    commit: Commit
    github: GitHub
    files: dict[str, bytes] = field(repr=False)

    def read(self, path: str) -> bytes | None:
        """See `Source.read`."""
        return self.files.get(path)

    def info(self) -> CommitInfo:
        """See `Source.info`."""
        return self.github.info(self.commit.repository, self.commit.commit_id)


@dataclass(frozen=True)
class Providers:
    """How this stack reaches its repository."""

    github_api_url: str
    github_secret_arn: str

    def source(self, commit: Commit) -> Source:
        """The commit's files. Raises `SourceUnavailableError` with what to mend."""
        if commit.provider != GITHUB:
            return CodeCommitSource(commit.repository, commit.commit_id)
        github = self._github()
        return GitHubSource(commit, github, github.files(commit.repository, commit.commit_id))

    def head(self, provider: str, repository: str, branch: str) -> str | None:
        """The newest commit of a branch; None where CodeCommit has no such branch."""
        if provider != GITHUB:
            return codecommit.head(repository, branch)
        return self._github().head(repository, branch)

    def _github(self) -> GitHub:
        return GitHub(self.github_api_url, secrets.github(self.github_secret_arn).token)
