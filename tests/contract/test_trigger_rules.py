"""The template's rules let through what the parsers read, and nothing that they would not."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from domain import webhook
from domain.events import GITHUB_PUSH, GITHUB_SOURCE, parse_commit, parse_data_arrived
from tests.support import template

ROOT = Path(__file__).parents[2]
EVENTS = ROOT / "tests" / "events"
PARAMETERS = {
    "Branch": "main",
    "GitHubRepository": "acme/churn",
    "ArtifactBucket": "artifacts",
    "DataPrefix": "data/",
}
S3_CREATED: dict[str, Any] = {
    "source": "aws.s3",
    "detail-type": "Object Created",
    "detail": {"bucket": {"name": "artifacts"}, "object": {"key": "data/new.csv", "size": 5}},
}


class Template(yaml.SafeLoader):
    """CloudFormation's short forms: a reference to a parameter becomes its value here."""


def _short(loader: yaml.SafeLoader, _tag: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        text = str(loader.construct_scalar(node))
        return PARAMETERS.get(text, text)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    assert isinstance(node, yaml.MappingNode)
    return loader.construct_mapping(node, deep=True)


Template.add_multi_constructor("!", _short)  # type: ignore[no-untyped-call]


def pattern(function: str, event: str) -> dict[str, Any]:
    template = yaml.load((ROOT / "template.yaml").read_text(), Template)
    found: dict[str, Any] = template["Resources"][function]["Properties"]["Events"][event][
        "Properties"
    ]["Pattern"]
    # The repository's ARN is made of pseudo parameters; the recorded event has another account.
    return {name: wanted for name, wanted in found.items() if name != "resources"}


def matches(wanted: Any, given: Any) -> bool:
    """EventBridge's own rule, as far as the template uses it: equality and prefix."""
    if isinstance(wanted, dict):
        return isinstance(given, dict) and all(
            matches(inner, given.get(name)) for name, inner in wanted.items()
        )
    return any(
        str(given).startswith(one["prefix"]) if isinstance(one, dict) else one == given
        for one in wanted
    )


def changed(event: dict[str, Any], edit: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    other = copy.deepcopy(event)
    edit(other)
    return other


def codecommit(kind: str) -> dict[str, Any]:
    name = f"codecommit-repository-state-change.{kind}.json"
    event: dict[str, Any] = json.loads((EVENTS / name).read_text())
    return event


@pytest.mark.parametrize(
    "kind",
    ["referenceCreated", "referenceUpdated", "referenceDeleted", "unreferencedMergeCommitCreated"],
)
@pytest.mark.parametrize("branch", ["main", "topic"])
def test_codecommits_rule_and_parser_agree_on_each_recorded_event(kind: str, branch: str) -> None:
    event = codecommit(kind)
    if "referenceName" in event["detail"]:
        event["detail"] |= {"referenceName": branch, "referenceType": "branch"}
    through = matches(pattern("StartBuildFunction", "Pushed"), event)
    assert through == (parse_commit(event, "main") is not None)
    assert through == (kind in {"referenceCreated", "referenceUpdated"} and branch == "main")


def test_what_the_webhook_puts_on_the_bus_starts_a_build_of_this_repository_alone() -> None:
    push = webhook.Push("acme/churn", "main", "4be1", "delivery", "Bob", "Cap depth", "bob")
    event = {
        "source": GITHUB_SOURCE,
        "detail-type": GITHUB_PUSH,
        "time": "2026-11-23T06:00:00Z",
        "detail": dict(vars(push)),
    }
    rule = pattern("StartBuildFunction", "PushedToGitHub")
    assert matches(rule, event)
    commit = parse_commit(event, "main")
    assert commit is not None
    assert (commit.provider, commit.commit_id) == ("github", "4be1")
    for field in ("repository", "branch"):
        assert not matches(rule, changed(event, lambda e, f=field: e["detail"].update({f: "x"})))


def test_data_is_what_lies_under_the_prefix_of_the_stacks_own_bucket() -> None:
    rule = pattern("NoteDataFunction", "Arrived")
    assert matches(rule, S3_CREATED)
    assert parse_data_arrived(S3_CREATED, "data/") is not None
    other = changed(S3_CREATED, lambda e: e["detail"]["object"].update(key="runs/x.csv"))
    assert not matches(rule, other)
    assert parse_data_arrived(other, "data/") is None
    assert not matches(
        rule, changed(S3_CREATED, lambda e: e["detail"]["bucket"].update(name="another"))
    )
    folder = changed(S3_CREATED, lambda e: e["detail"]["object"].update(key="data/", size=0))
    assert parse_data_arrived(folder, "data/") is None


def test_a_rule_without_a_github_repository_matches_no_push(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(PARAMETERS, "GitHubRepository", "")
    rule = pattern("StartBuildFunction", "PushedToGitHub")
    assert rule["detail"]["repository"] == [""]


@pytest.mark.parametrize(
    ("name", "value"),
    [("RetrainSchedule", ""), ("StopSupersededTraining", "false"), ("GitHubRepository", "")],
)
def test_what_nobody_asked_for_is_off(name: str, value: str) -> None:
    assert template.template()["Parameters"][name]["Default"] == value


SCHEDULES = {"Retrains": "RetrainSchedule", "WatchesDrift": "DriftSchedule"}


def test_each_schedule_is_made_by_its_parameter() -> None:
    schedules = template.resources("AWS::Scheduler::Schedule")
    assert {one["Condition"] for one in schedules.values()} == set(SCHEDULES)


@pytest.mark.parametrize("condition", SCHEDULES)
def test_one_parameter_makes_a_schedule_and_nothing_else_does(condition: str) -> None:
    parameter = SCHEDULES[condition]
    wanted = {"Fn::Not": [{"Fn::Equals": [{"Ref": parameter}, ""]}]}
    assert template.template()["Conditions"][condition] == wanted
    allowed = re.compile(template.template()["Parameters"][parameter]["AllowedPattern"])
    for given in ("", "rate(7 days)", "cron(0 4 ? * MON *)"):
        assert allowed.fullmatch(given), given
    for given in ("weekly", "cron", "at(2026-11-23T04:00:00)"):
        assert not allowed.fullmatch(given), given


def written_prefixes() -> set[str]:
    """The first part of every key that the product writes: by its policies, and by its jobs."""
    policies = (ROOT / "template.yaml").read_text() + (ROOT / "cross_account.yaml").read_text()
    found = set(re.findall(r"[$][{]ArtifactBucket[.]Arn[}]/([a-z]+)/", policies))
    for path in ROOT.glob("pipeline_def/*/*.json"):
        after_bucket = r'"s3:/",\s*\{\s*"Get": "Parameters.ArtifactBucket"\s*\},\s*"([a-z]+)'
        found |= set(re.findall(after_bucket, path.read_text()))
    return found


def test_what_slipway_writes_is_never_new_data() -> None:
    allowed = re.compile(template.template()["Parameters"]["DataPrefix"]["AllowedPattern"])
    written = written_prefixes()

    assert {"code", "definitions", "runs", "models"} <= written
    for name in written:
        assert not allowed.fullmatch(f"{name}/"), name
        assert not allowed.fullmatch(f"{name}/deeper/"), name
    for given in ("", "/", "data", "data/churn"):
        assert not allowed.fullmatch(given), given
    for given in ("data/", "tables/churn/", "runs-of-2026/"):
        assert allowed.fullmatch(given), given


def test_the_first_commit_comes_after_the_rule_that_builds_it() -> None:
    first = template.resources()["FirstCommit"]
    assert first["Condition"] == "SeedsRepository"
    assert {"Repository", "StartBuildFunctionPushed", "StartBuildFunctionPushedPermission"} <= set(
        first["DependsOn"]
    )
