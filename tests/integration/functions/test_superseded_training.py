"""What is stopped for a newer commit, and who hears of a run that was stopped."""

from typing import Any

import pytest
from record_build import recording
from report_pipeline import reporting

from adapters import building, failures, pipelines, training
from adapters.training import Running
from domain import building as rules
from domain.building import Build
from domain.events import Commit
from tests.support.product import NOW, TABLE, World

NEWER = Commit("codecommit", "models", "main", "b" * 40, "2026-11-23T09:00:00Z")
BUILD = Build(NEWER.commit_id, NEWER.at, "digest", "Newer", {"CommitId": NEWER.commit_id})
EVENT = {"pipeline_execution_arn": "arn:new", "build": {"definition_key": "k"}, "execution": "e"}


@pytest.fixture(name="stopped")
def _stopped(world: World, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """The runs that were stopped, each with whether the ledger said why at that moment."""
    runs = [Running("arn:new", NEWER.commit_id), Running("arn:old", "a" * 40), Running("arn:x", "")]
    found: list[tuple[str, bool]] = []

    def stop(arn: str, _: str) -> None:
        found.append((arn, world.ledger.knows(rules.stopped("churn", "a" * 40, arn, NOW))))

    monkeypatch.setattr(training, "running", lambda _: runs)
    monkeypatch.setattr(training, "stop", stop)
    return found


def record(setting: str = "true") -> list[str]:
    settings = recording.Settings(TABLE, "slipway", "churn", setting)
    return recording.record(NEWER, BUILD, EVENT, settings, NOW)


def test_older_commits_are_stopped_and_a_run_of_a_hand_goes_on(
    stopped: list[tuple[str, bool]],
) -> None:
    assert record() == ["arn:old"]
    assert stopped == [("arn:old", True)]


def test_nothing_is_stopped_unless_the_stack_says_so(stopped: list[tuple[str, bool]]) -> None:
    assert record("false") == []
    assert stopped == []


def test_a_late_record_of_an_older_commit_stops_nothing(
    world: World, stopped: list[tuple[str, bool]]
) -> None:
    newest = Build("c" * 40, "2026-11-23T10:00:00Z", "digest", "Newest", {})
    building.change(world.ledger, "models", "main", lambda branch: rules.built(branch, newest))

    assert record() == []
    assert stopped == []


def test_a_run_that_the_stack_stopped_is_told_to_nobody_and_one_that_a_person_stopped_is(
    world: World, stopped: list[tuple[str, bool]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(arn: str) -> pipelines.Run:
        return pipelines.Run(arn, "Stopped", "", {"CommitId": "a" * 40}, ())

    told: list[Any] = []
    monkeypatch.setattr(pipelines, "run", run)
    monkeypatch.setattr(failures, "tell", lambda run, *_, **__: told.append(run.arn) or True)
    shared = world.settings.__dict__
    settings = reporting.Settings(**shared, pipeline_name="slipway")
    record()

    assert stopped
    assert reporting.report("arn:old", settings, NOW) == {"told": False, "outcome": "superseded"}
    assert reporting.report("arn:by-hand", settings, NOW)["outcome"] == "pipeline_stopped"
    assert told == ["arn:by-hand"]
