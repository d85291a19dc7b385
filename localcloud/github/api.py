"""The two read endpoints of GitHub's REST API that a build asks, with GitHub's own answers.

https://docs.github.com/rest/repos/contents#download-a-repository-archive-tar: a redirect to an
archive whose top folder is `<owner>-<name>-<short commit>`;
https://docs.github.com/rest/commits/commits#get-a-commit: JSON, or the bare id when asked for it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from localcloud.codecommit.errors import GitError
from localcloud.codecommit.repository import Repository

PREFIX = "/_github"
Reply = tuple[int, dict[str, str], bytes]
_FILES_MOST = 300
_SHA = "application/vnd.github.sha"
_PEOPLE = "%H%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B"


class GitHubApi:
    """Serves `<root>/<owner>/<name>.git`. A file `<root>/token` makes all of them private."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def handle_request(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query: Mapping[str, list[str]],
    ) -> Reply:
        """Answer one request."""
        del body, query
        if method not in {"GET", "HEAD"}:
            return _json(404, {"message": "Not Found"})
        return await asyncio.to_thread(self._answer, unquote(path), headers)

    def _answer(self, path: str, headers: Mapping[str, str]) -> Reply:
        kind, _, rest = path.removeprefix(f"{PREFIX}/").partition("/")
        parts = rest.split("/", 3)
        if kind == "codeload" and len(parts) == 4 and parts[2] == "tarball":
            # As GitHub's own: the address is the permission, the token is not sent there.
            return self._archive(parts[0], parts[1], parts[3])
        refused = self._refused(headers.get("authorization", ""))
        if refused:
            return refused
        if kind != "repos" or len(parts) < 4 or self._repository(*parts[:2]) is None:
            return _json(404, {"message": "Not Found"})
        owner, name, what, reference = parts
        if what == "tarball":
            place = f"{PREFIX}/codeload/{owner}/{name}/tarball/{reference}"
            return 302, {"location": place}, b""
        if what == "commits":
            return self._commit(owner, name, reference, headers.get("accept", ""))
        return _json(404, {"message": "Not Found"})

    def _refused(self, authorization: str) -> Reply | None:
        token = self._root / "token"
        if not token.is_file() or authorization == f"Bearer {token.read_text().strip()}":
            return None
        if authorization:
            return _json(401, {"message": "Bad credentials"})
        return _json(404, {"message": "Not Found"})

    def _repository(self, owner: str, name: str) -> Repository | None:
        folder = (self._root / owner / f"{name}.git").resolve()
        inside = folder.is_relative_to(self._root.resolve()) and (folder / "HEAD").is_file()
        return Repository(folder) if inside else None

    def _archive(self, owner: str, name: str, reference: str) -> Reply:
        repository = self._repository(owner, name)
        commit = _resolve(repository, reference) if repository else None
        if repository is None or commit is None:
            return _json(404, {"message": "Not Found"})
        top = f"--prefix={owner}-{name}-{commit[:7]}/"
        content = repository.git("archive", "--format=tar.gz", top, commit)
        return 200, {"content-type": "application/x-gzip"}, content

    def _commit(self, owner: str, name: str, reference: str, accept: str) -> Reply:
        repository = self._repository(owner, name)
        commit = _resolve(repository, reference) if repository else None
        if repository is None or commit is None:
            return _json(422, {"message": f"No commit found for SHA: {reference}"})
        if _SHA in accept:
            return 200, {"content-type": f"{_SHA}; charset=utf-8"}, commit.encode()
        shown = repository.git("show", "--no-patch", f"--format={_PEOPLE}", commit).decode()
        sha, *people, message = shown.split("\0", 7)
        author, committer = (
            dict(zip(("name", "email", "date"), person, strict=True))
            for person in (people[:3], people[3:])
        )
        changed = repository.git("diff-tree", "-r", "-z", "--root", "--no-commit-id", "--name-only",
                                 "--diff-merges=first-parent", commit).decode()  # fmt: skip
        written = {"author": author, "committer": committer, "message": message.strip()}
        document = {
            "sha": sha,
            "html_url": f"https://github.com/{owner}/{name}/commit/{sha}",
            "commit": written,
            "files": [{"filename": path} for path in changed.split("\0") if path][:300],
        }
        return _json(200, document)


def _resolve(repository: Repository, reference: str) -> str | None:
    try:
        return repository.resolve(reference.removeprefix("heads/"))
    except GitError:
        return None


def _json(status: int, document: dict[str, Any]) -> Reply:
    return (
        status,
        {"content-type": "application/json; charset=utf-8"},
        json.dumps(document).encode(),
    )
