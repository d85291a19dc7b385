"""Reading a commit from GitHub: over real HTTP, with GitHub's own refusals."""

from __future__ import annotations

import io
import json
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from adapters.github import GitHub, GitHubFailedError
from domain.errors import SourceUnavailableError


class Script:
    """What the server answers, and what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[tuple[str, str | None]] = []
        self.url = ""


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def servers() -> Iterator[tuple[Script, Script]]:
    """GitHub's API, and the other host that serves its archives."""
    started = []
    scripts = (Script(), Script())
    for script in scripts:

        class Handler(BaseHTTPRequestHandler):
            said = script

            def do_GET(self) -> None:
                self.said.asked.append((self.path, self.headers.get("Authorization")))
                status, headers, body = self.said.answers.get(self.path, (404, {}, b"{}"))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        script.url = f"http://127.0.0.1:{server.server_port}"
        started.append(server)
    yield scripts
    for server in started:
        server.shutdown()
        server.server_close()


def tarball() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as file:
        info = tarfile.TarInfo("acme-churn-4be1c09/a/b.txt")
        info.size = 2
        file.addfile(info, io.BytesIO(b"hi"))
    return buffer.getvalue()


def test_the_archive_is_followed_to_its_host_and_the_token_is_not(
    servers: tuple[Script, Script],
) -> None:
    api, host = servers
    place = f"{host.url}/acme/churn/legacy.tar.gz/4be1"
    api.answers["/repos/acme/churn/tarball/4be1"] = (302, {"location": place}, b"")
    host.answers["/acme/churn/legacy.tar.gz/4be1"] = (200, {}, tarball())
    assert GitHub(api.url, "ghp_x").files("acme/churn", "4be1") == {"a/b.txt": b"hi"}
    assert api.asked == [("/repos/acme/churn/tarball/4be1", "Bearer ghp_x")]
    assert host.asked == [("/acme/churn/legacy.tar.gz/4be1", None)]


def test_author_and_head_are_read_without_a_token_too(servers: tuple[Script, Script]) -> None:
    api, _ = servers
    person = {"name": "Bob", "email": "bob@example.com"}
    merged = {"name": "Jo", "email": "jo@example.com", "date": "2026-11-23T08:40:00Z"}
    document = {
        "html_url": "https://github.com/acme/churn/commit/4be1",
        "commit": {"author": person, "committer": merged, "message": "Cap depth\n"},
        "files": [{"filename": f"{number}.py"} for number in range(301)],
    }
    api.answers["/repos/acme/churn/commits/4be1"] = (200, {}, json.dumps(document).encode())
    api.answers["/repos/acme/churn/commits/heads/main"] = (200, {}, b"4be1c09d")
    github = GitHub(api.url, "")
    found = github.info("acme/churn", "4be1")
    assert (found.author, found.email, found.message) == ("Bob", "bob@example.com", "Cap depth")
    assert (found.committer, found.when) == ("jo@example.com", "2026-11-23T08:40:00Z")
    assert found.url == "https://github.com/acme/churn/commit/4be1"
    assert found.files == tuple(f"{number}.py" for number in range(300))
    assert github.head("acme/churn", "main") == "4be1c09d"
    assert {authorization for _, authorization in api.asked} == {None}


@pytest.mark.parametrize(
    ("status", "headers", "token", "words"),
    [
        (401, {}, "ghp_old", "expired or is wrong"),
        (403, {}, "ghp_x", "permission Contents: read"),
        (403, {"x-ratelimit-remaining": "0"}, "", "rate limit.*without one"),
        (403, {"retry-after": "60"}, "ghp_x", "rate limit.*try again later"),
        (429, {}, "ghp_x", "rate limit"),
        (404, {}, "", "set it if this is private"),
        (404, {}, "ghp_x", "may read this repository"),
        (422, {}, "ghp_x", "no commit"),
    ],
)
def test_a_refusal_says_what_to_mend_and_never_the_token(
    servers: tuple[Script, Script], status: int, headers: dict[str, str], token: str, words: str
) -> None:
    api, _ = servers
    api.answers["/repos/acme/churn/tarball/4be1"] = (status, headers, b"{}")
    with pytest.raises(SourceUnavailableError, match=words) as caught:
        GitHub(api.url, token).files("acme/churn", "4be1")
    assert not token or token not in str(caught.value)


def test_a_fault_of_githubs_own_is_one_to_try_again(servers: tuple[Script, Script]) -> None:
    api, _ = servers
    api.answers["/repos/acme/churn/tarball/4be1"] = (502, {}, b"")
    with pytest.raises(GitHubFailedError):
        GitHub(api.url, "").files("acme/churn", "4be1")
    with pytest.raises(GitHubFailedError):
        GitHub("http://127.0.0.1:9", "").files("acme/churn", "4be1")


def test_an_archive_over_the_limit_is_refused(
    servers: tuple[Script, Script], monkeypatch: pytest.MonkeyPatch
) -> None:
    api, _ = servers
    monkeypatch.setattr("adapters.github.ARCHIVE_MAX", 10)
    api.answers["/repos/acme/churn/tarball/4be1"] = (200, {}, b"x" * 11)
    with pytest.raises(SourceUnavailableError, match="out of git"):
        GitHub(api.url, "").files("acme/churn", "4be1")
