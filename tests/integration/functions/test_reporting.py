"""A pipeline that registered a version: the registry learns of its comparison, then people do."""

import json
from typing import Any

import pytest
from report_pipeline import reporting

from adapters import asking, pipelines
from domain.events import parse_approval_changed
from tests.support.product import COMMIT, NOW, World, arn_of
from tests.support.recorded import event

RUN = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/slipway/execution/e1"
REPORT = {
    "champion": {
        "version": 6, "metrics": {"auc": 0.9}, "verdict": "better",
        "differences": {"auc": {"value": 0.02, "low": 0.01, "high": 0.03}},
    }
}  # fmt: skip


@pytest.fixture(name="settings")
def _settings(world: World, monkeypatch: pytest.MonkeyPatch) -> reporting.Settings:
    """Version 7 was registered by a run whose report names its champion."""
    world.register(7)
    world.put("runs/e1/Evaluate/evaluation/report.json", json.dumps(REPORT).encode())
    steps = (
        {"StepName": "Evaluate", "StepStatus": "Succeeded"},
        {"StepName": "Register", "StepStatus": "Succeeded",
         "Metadata": {"RegisterModel": {"Arn": arn_of(7)}}},
    )  # fmt: skip
    run = pipelines.Run(RUN, "Succeeded", "The seventh", {"CommitId": COMMIT}, steps)
    monkeypatch.setattr(pipelines, "run", lambda _: run)
    monkeypatch.setattr(pipelines, "graph", lambda _: [])
    return reporting.Settings(**world.settings.__dict__, pipeline_name="slipway")


def metadata(world: World) -> dict[str, str]:
    return dict(world.versions[arn_of(7)]["CustomerMetadataProperties"])


def test_the_registry_knows_the_comparison_before_people_are_asked(
    world: World, settings: reporting.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = metadata(world)
    known: list[dict[str, str]] = []
    ask = asking.review

    def review(*arguments: Any) -> bool:
        known.append(metadata(world))
        return ask(*arguments)

    monkeypatch.setattr(asking, "review", review)
    assert reporting.report(RUN, settings, NOW)["told"]

    assert known == [
        before
        | {
            "challenge_verdict": "better",
            "champion_auc": "0.900000",
            "challenge_difference_auc": "+0.020000 from +0.010000 to +0.030000",
        }
    ]


def test_an_end_that_is_told_twice_writes_and_asks_once(
    world: World, settings: reporting.Settings
) -> None:
    reporting.report(RUN, settings, NOW)
    mails = list(world.mails)

    assert not reporting.report(RUN, settings, NOW)["told"]
    assert world.described == [arn_of(7)]
    assert world.mails == mails


@pytest.mark.parametrize("status", ["Approved", "Rejected"])
def test_a_version_that_was_decided_meanwhile_is_left_as_it_is(
    world: World, settings: reporting.Settings, status: str
) -> None:
    world.versions[arn_of(7)]["ModelApprovalStatus"] = status
    reporting.report(RUN, settings, NOW)

    assert world.described == []
    assert world.mails == []


def test_what_the_registry_says_of_that_writing_starts_nothing() -> None:
    said = event(
        "sagemaker-model-package-state-change-2025",
        ModelApprovalStatus="Approved",
        UpdatedModelPackageFields=["CustomerMetadataProperties"],
    )

    assert parse_approval_changed(said) is None
