"""git's smart HTTP at CodeCommit's path: `http://127.0.0.1:<port>/v1/repos/<name>`.

git's own `git http-backend` answers. No credentials are asked for: the port listens on this
machine's loopback interface only.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Mapping

from localcloud.codecommit.events import Watch
from localcloud.codecommit.repository import Repositories, Repository, git_environment

PREFIX = "/v1/repos/"
Reply = tuple[int, dict[str, str], bytes]
_PATHS = ("/info/refs", "/git-upload-pack", "/git-receive-pack", "/HEAD")


class GitOverHttp:
    """Serves clone, fetch and push of all repositories; a push is told to the bus."""

    def __init__(self, repositories: Repositories, watch: Watch, caller: str) -> None:
        self._repositories = repositories
        self._watch = watch
        self._caller = caller

    async def handle_request(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query: Mapping[str, list[str]],
    ) -> Reply:
        """Answer one request of a git client."""
        name, git_path = _split(path)
        repository = self._repositories.get(name) if git_path else None
        if repository is None:
            return 404, {"content-type": "text/plain"}, f"Repository {name} not found\n".encode()
        service = (query.get("service") or [""])[0]
        if method == "GET" and git_path == "/info/refs" and not service:
            text = b"This git is too old: smart HTTP is needed.\n"
            return 403, {"content-type": "text/plain"}, text
        query_string = f"service={service}" if service else ""
        environment = _cgi(repository, method, git_path, query_string, headers, len(body))
        run = self._push if git_path == "/git-receive-pack" else _backend
        return await asyncio.to_thread(run, repository, environment, body)

    def _push(self, repository: Repository, environment: dict[str, str], body: bytes) -> Reply:
        with self._watch.changes(repository, self._caller):
            return _backend(repository, environment, body)


def _split(path: str) -> tuple[str, str]:
    rest = path.removeprefix(PREFIX)
    for git_path in _PATHS:
        if rest.endswith(git_path):
            return rest.removesuffix(git_path), git_path
    return rest, ""


def _cgi(
    repository: Repository,
    method: str,
    git_path: str,
    query_string: str,
    headers: Mapping[str, str],
    length: int,
) -> dict[str, str]:
    variables = {
        "GIT_PROJECT_ROOT": str(repository.folder.parent),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{repository.folder.name}{git_path}",
        "REQUEST_METHOD": method,
        "QUERY_STRING": query_string,
        "CONTENT_TYPE": headers.get("content-type", ""),
        "CONTENT_LENGTH": str(length),
        "HTTP_CONTENT_ENCODING": headers.get("content-encoding", ""),
        "GIT_PROTOCOL": headers.get("git-protocol", ""),
        "REMOTE_ADDR": "127.0.0.1",
        "REMOTE_USER": "slipway",
    }
    return git_environment() | {key: value for key, value in variables.items() if value}


def _backend(_repository: Repository, environment: dict[str, str], body: bytes) -> Reply:
    done = subprocess.run(
        ["git", "http-backend"],
        input=body,
        capture_output=True,
        env=environment,
        cwd=os.sep,
        check=False,
    )
    head, _, content = done.stdout.partition(b"\r\n\r\n")
    if done.returncode and not head:
        return 500, {"content-type": "text/plain"}, done.stderr
    fields = [line.partition(": ") for line in head.decode("latin-1").split("\r\n")]
    headers = {name.lower(): value for name, _, value in fields}
    status = int(headers.pop("status", "200").split()[0])
    return status, headers, content
