"""CloudFormation asks for the first commit: it is made once, and every request is answered."""

import importlib
import json
import sys
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from adapters import seed
from tests.support import template
from tests.support.product import World

CONTEXT = SimpleNamespace(
    function_name="seed_repository", memory_limit_in_mb=512, aws_request_id="r",
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:seed_repository",
)  # fmt: skip


class Stack(ThreadingHTTPServer):
    """CloudFormation's side: an address that takes answers."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.answers: list[tuple[str, dict[str, Any]]] = []

    def request(self, kind: str) -> dict[str, Any]:
        """What CloudFormation sends to the function."""
        return {
            "RequestType": kind, "ResponseURL": f"http://127.0.0.1:{self.server_port}/answer",
            "StackId": "stack", "RequestId": kind, "LogicalResourceId": "FirstCommit",
            **({} if kind == "Create" else {"PhysicalResourceId": "first-commit-models"}),
        }  # fmt: skip


class _Answers(BaseHTTPRequestHandler):
    server: Stack

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.answers.append((self.headers["content-type"], json.loads(body)))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Nothing is printed."""


class Repository:
    """CodeCommit, as far as the function uses it."""

    def __init__(self) -> None:
        self.commits: list[tuple[str, str, Mapping[str, bytes]]] = []
        self.down = False

    def has_branches(self, _: str) -> bool:
        if self.down:
            raise RuntimeError("CodeCommit is down")
        return bool(self.commits)

    def commit(self, name: str, branch: str, files: Mapping[str, bytes]) -> str:
        self.commits.append((name, branch, files))
        return "a" * 40


@pytest.fixture(name="stack")
def _stack() -> Iterator[Stack]:
    with Stack() as stack:
        threading.Thread(target=stack.serve_forever, args=(0.01,), daemon=True).start()
        yield stack
        stack.shutdown()


@pytest.fixture(name="repository")
def _repository(monkeypatch: pytest.MonkeyPatch) -> Repository:
    found = Repository()
    monkeypatch.setattr(seed, "has_branches", found.has_branches)
    monkeypatch.setattr(seed, "commit", found.commit)
    return found


@pytest.fixture(name="function")
def _function(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The handler as it starts in this stack, with a layer of two files."""
    assert world
    (tmp_path / "churn" / "__pycache__").mkdir(parents=True)
    (tmp_path / "stages.yaml").write_bytes(b"staging")
    (tmp_path / "churn" / "pipeline.json").write_bytes(b"{}")
    (tmp_path / "churn" / "__pycache__" / "x.pyc").write_bytes(b"no")
    properties = template.functions()["SeedRepositoryFunction"]
    for name, value in template.environment(properties).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SEED_FOLDER", str(tmp_path))
    monkeypatch.delitem(sys.modules, "seed_repository.handler", raising=False)
    return importlib.import_module("seed_repository.handler")


def test_a_creation_commits_the_layers_files_once_and_answers(
    function: ModuleType, stack: Stack, repository: Repository
) -> None:
    function.handler(stack.request("Create"), CONTEXT)
    function.handler(stack.request("Create"), CONTEXT)

    files = {"pipeline_def/churn/pipeline.json": b"{}", "pipeline_def/stages.yaml": b"staging"}
    assert repository.commits == [("slipway-models", "main", files)]
    # The address is signed without a content type.
    assert [(kind, said["Status"]) for kind, said in stack.answers] == [("", "SUCCESS")] * 2
    assert "2 files" in stack.answers[0][1]["Reason"]
    assert "already" in stack.answers[1][1]["Reason"]


@pytest.mark.parametrize("kind", ["Update", "Delete"])
def test_an_update_and_a_deletion_are_answered_and_change_nothing(
    function: ModuleType, stack: Stack, repository: Repository, kind: str
) -> None:
    function.handler(stack.request(kind), CONTEXT)

    assert repository.commits == []
    ((_, said),) = stack.answers
    assert (said["Status"], said["PhysicalResourceId"]) == ("SUCCESS", "first-commit-models")


def test_what_goes_wrong_is_answered_with_the_words_that_mend_it(
    function: ModuleType, stack: Stack, repository: Repository
) -> None:
    repository.down = True
    function.handler(stack.request("Create"), CONTEXT)

    ((_, said),) = stack.answers
    assert said["Status"] == "FAILED"
    assert "CodeCommit is down" in said["Reason"]
    assert "SeedRepository=false" in said["Reason"]


def test_a_request_that_could_not_be_answered_fails_so_that_it_comes_again(
    function: ModuleType, stack: Stack, repository: Repository
) -> None:
    event = stack.request("Create") | {"ResponseURL": "http://127.0.0.1:1/nobody"}

    with pytest.raises(OSError, match="refused"):
        function.handler(event, CONTEXT)
    function.handler(stack.request("Create"), CONTEXT)

    assert len(repository.commits) == 1
    assert stack.answers[0][1]["Status"] == "SUCCESS"
