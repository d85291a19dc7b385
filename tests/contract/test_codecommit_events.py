"""Events of the local CodeCommit have the members that AWS's printed examples have."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from localcloud.codecommit.events import DETAIL_TYPE, details

EVENTS = Path(__file__).parents[1] / "events"
OLD, NEW = "a" * 40, "b" * 40
# Only a merge by pull request carries these; callerUserArn is in real events, not in the examples.
OF_MERGES = {"baseCommitId", "sourceCommitId", "destinationCommitId", "mergeOption"} | {
    "conflictDetailsLevel",
    "conflictResolutionStrategy",
}


def _recorded(kind: str) -> dict[str, Any]:
    path = EVENTS / f"codecommit-repository-state-change.{kind}.json"
    return dict(json.loads(path.read_text()))


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("referenceCreated", {}, {"refs/heads/myBranch": NEW}),
        ("referenceUpdated", {"refs/heads/myBranch": OLD}, {"refs/heads/myBranch": NEW}),
        ("referenceDeleted", {"refs/heads/myBranch": OLD}, {}),
    ],
)
def test_an_event_has_the_members_of_the_example(
    kind: str, before: dict[str, str], after: dict[str, str]
) -> None:
    recorded = _recorded(kind)

    (detail,) = details(before, after, "MyDemoRepo", "id", "arn:aws:iam::1:root")

    assert recorded["detail-type"] == DETAIL_TYPE
    assert detail["event"] == recorded["detail"]["event"] == kind
    assert set(detail) - {"callerUserArn"} == set(recorded["detail"]) - OF_MERGES
    assert detail["referenceFullName"] == recorded["detail"]["referenceFullName"]
    assert detail["referenceType"] == recorded["detail"]["referenceType"]


def test_only_branches_and_tags_that_changed_are_told() -> None:
    before = {"refs/heads/same": OLD, "refs/notes/x": OLD, "refs/tags/v1": OLD}
    after = {"refs/heads/same": OLD, "refs/notes/x": NEW, "refs/tags/v1": NEW}

    told = details(before, after, "r", "id", "arn")

    assert [detail["referenceFullName"] for detail in told] == ["refs/tags/v1"]
    assert told[0]["referenceType"] == "tag"
