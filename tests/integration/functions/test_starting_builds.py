"""A commit is built once, however often and in whatever way it is told."""

import importlib
import sys
from types import ModuleType, SimpleNamespace

import pytest

from domain import naming
from tests.support import template
from tests.support.product import TABLE, World
from tests.support.recorded import event

UPDATED = "codecommit-repository-state-change.referenceUpdated"
CONTEXT = SimpleNamespace(
    function_name="start_build", memory_limit_in_mb=512, aws_request_id="r",
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:start_build",
)  # fmt: skip


@pytest.fixture(name="start_build")
def _start_build(world: World, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The handler as it starts in this stack."""
    assert world.started == {}
    for name, value in template.environment(template.functions()["StartBuildFunction"]).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("BRANCH", "myBranch")
    monkeypatch.setenv("LEDGER_TABLE", TABLE)
    monkeypatch.delitem(sys.modules, "start_build.handler", raising=False)
    return importlib.import_module("start_build.handler")


def test_a_commit_that_is_told_twice_is_built_once(start_build: ModuleType, world: World) -> None:
    first = start_build.handler(event(UPDATED), CONTEXT)
    second = start_build.handler(event(UPDATED), CONTEXT)

    assert (first["started"], second["started"]) == (True, False)
    assert first["execution"] == second["execution"]
    ((name, value),) = world.started.items()
    assert name.endswith(naming.build_execution("MyDemoRepo", "7f0103fMERGE"))
    assert value["commit_id"] == "7f0103fMERGE"
    assert len(world.ledger.timeline("commit:7f0103fMERGE")) == 1


def test_another_commit_is_another_build(start_build: ModuleType, world: World) -> None:
    start_build.handler(event(UPDATED), CONTEXT)
    start_build.handler(event(UPDATED, commitId="b" * 40), CONTEXT)

    assert len(world.started) == 2


@pytest.mark.parametrize(
    "name",
    ["codecommit-repository-state-change.referenceDeleted",
     "codecommit-repository-state-change.unreferencedMergeCommitCreated"],
)  # fmt: skip
def test_an_event_that_moves_no_branch_starts_and_writes_nothing(
    start_build: ModuleType, world: World, name: str
) -> None:
    before = world.table()

    assert start_build.handler(event(name), CONTEXT) == {"started": False}
    assert world.started == {}
    assert world.table() == before


def test_a_commit_on_another_branch_starts_nothing(start_build: ModuleType, world: World) -> None:
    start_build.handler(event(UPDATED, referenceName="feature"), CONTEXT)

    assert world.started == {}
