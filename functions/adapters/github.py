"""GitHub's REST API, as far as a build reads it: a commit's archive, its author, a branch's head.

https://docs.github.com/rest/repos/contents#download-a-repository-archive-tar and
https://docs.github.com/rest/commits/commits#get-a-commit. GitHub Enterprise has the same paths
under `https://<host>/api/v3`.
"""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from adapters.source import MOST_FILES, CommitInfo
from domain import archive
from domain.archive import ARCHIVE_MAX
from domain.errors import SourceUnavailableError

SECONDS = 60
_JSON = "application/vnd.github+json"
_SHA = "application/vnd.github.sha"


class GitHubFailedError(RuntimeError):
    """GitHub could not answer just now; the build tries again."""


class _SameHostOnly(urllib.request.HTTPRedirectHandler):
    """An archive is served by another host, which must not see the token, nor be without TLS."""

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        before, after = urlsplit(req.full_url), urlsplit(newurl)
        if before.scheme == "https" and after.scheme != "https":
            raise SourceUnavailableError(f"GitHub redirected from https to {after.scheme}")
        request = super().redirect_request(req, fp, code, msg, headers, newurl)
        if request and (before.scheme, before.netloc) != (after.scheme, after.netloc):
            request.remove_header("Authorization")
        return request


@dataclass(frozen=True)
class GitHub:
    """GitHub at `api_url`; an empty token reads public repositories."""

    api_url: str
    token: str

    def files(self, repository: str, commit: str) -> dict[str, bytes]:
        """The regular files of a commit. Raises `SourceUnavailableError` with what to mend."""
        what = f"commit {commit[:10]} of {repository}"
        content = self._get(f"{repository}/tarball/{quote(commit)}", _JSON, what)
        return archive.regular_files(content)

    def info(self, repository: str, commit: str) -> CommitInfo:
        """Author, message, time, page and changed files of a commit (the first 300)."""
        what = f"commit {commit[:10]} of {repository}"
        document = json.loads(self._get(f"{repository}/commits/{quote(commit)}", _JSON, what))
        written = document["commit"]
        author, committer = written.get("author") or {}, written.get("committer") or {}
        return CommitInfo(
            commit_id=commit,
            author=author.get("name", ""),
            email=author.get("email", ""),
            message=written.get("message", "").strip(),
            committer=committer.get("email", ""),
            when=committer.get("date", ""),
            url=document.get("html_url", ""),
            files=tuple(file["filename"] for file in document.get("files") or [])[:MOST_FILES],
        )

    def head(self, repository: str, branch: str) -> str:
        """The newest commit of a branch."""
        reference = quote(f"heads/{branch}", safe="/")
        what = f"branch {branch} of {repository}"
        return self._get(f"{repository}/commits/{reference}", _SHA, what).decode().strip()

    def _get(self, path: str, accept: str, what: str) -> bytes:
        address = f"{self.api_url.rstrip('/')}/repos/{path}"
        headers = {"Accept": accept, "User-Agent": "slipway", "X-GitHub-Api-Version": "2022-11-28"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(address, headers=headers)
        opener = urllib.request.build_opener(_SameHostOnly)
        try:
            with opener.open(request, timeout=SECONDS) as answer:
                content: bytes = answer.read(ARCHIVE_MAX + 1)
        except urllib.error.HTTPError as error:
            raise _refused(error, what, bool(self.token)) from error
        except OSError as error:  # no connection, a timeout, or a bad certificate
            raise GitHubFailedError(f"GitHub at {self.api_url} does not answer: {error}") from error
        if len(content) > ARCHIVE_MAX:
            raise SourceUnavailableError(
                f"{what} has more than {ARCHIVE_MAX >> 20} MB: keep data and models out of git"
            )
        return content


def _refused(error: urllib.error.HTTPError, what: str, has_token: bool) -> Exception:
    """GitHub's status in words that say what to mend; a fault of GitHub's own is tried again."""
    secret = "the token in the stack's GitHubSecret"
    limit = error.headers.get("x-ratelimit-remaining") == "0" or error.headers.get("retry-after")
    if error.code == 429 or (error.code == 403 and limit):
        mend = "try again later" if has_token else f"set {secret}: without one the limit is low"
        return SourceUnavailableError(f"GitHub's rate limit is used up: {mend}")
    if error.code == 401:
        return SourceUnavailableError(
            f"GitHub refuses {secret} (401): it expired or is wrong, put a new one there"
        )
    if error.code == 403:
        return SourceUnavailableError(
            f"GitHub forbids reading {what} (403): give {secret} the permission Contents: read"
        )
    if error.code in {404, 422}:
        mend = "see that it may read this repository" if has_token else "set it if this is private"
        return SourceUnavailableError(f"GitHub has no {what} ({error.code}), or {secret}: {mend}")
    return GitHubFailedError(f"GitHub answered {error.code} for {what}")
