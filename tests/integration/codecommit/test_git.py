"""git itself against the local CodeCommit, and the events that a push makes."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.integration.codecommit.conftest import Git

Heard = Callable[[int], list[dict[str, Any]]]


def test_a_first_push_creates_the_branch_and_makes_it_the_default(
    git: Git, codecommit: Any, repository: str, heard: Heard
) -> None:
    commit = git.commit({"a.txt": "1"})

    git("push", "-q", "origin", "main")

    branch = codecommit.get_branch(repositoryName=repository, branchName="main")["branch"]
    described = codecommit.get_repository(repositoryName=repository)["repositoryMetadata"]
    assert branch == {"branchName": "main", "commitId": commit}
    assert described["defaultBranch"] == "main"
    (event,) = heard(1)
    assert event["source"] == "aws.codecommit"
    assert event["detail-type"] == "CodeCommit Repository State Change"
    assert event["resources"] == [described["Arn"]]
    assert event["detail"] == {
        "event": "referenceCreated",
        "repositoryName": repository,
        "repositoryId": described["repositoryId"],
        "referenceType": "branch",
        "referenceName": "main",
        "referenceFullName": "refs/heads/main",
        "commitId": commit,
        "callerUserArn": "arn:aws:iam::000000000000:root",
    }


def test_a_later_push_tells_the_old_and_the_new_commit(git: Git, heard: Heard) -> None:
    first = git.commit({"a.txt": "1"})
    git("push", "-q", "origin", "main")
    second = git.commit({"a.txt": "2"})

    git("push", "-q", "origin", "main")

    detail = heard(2)[1]["detail"]
    assert detail["event"] == "referenceUpdated"
    assert (detail["oldCommitId"], detail["commitId"]) == (first, second)


def test_a_forced_push_an_annotated_tag_and_a_deletion_are_told(git: Git, heard: Heard) -> None:
    first = git.commit({"a.txt": "1"})
    git("push", "-q", "origin", "main", "main:other")
    git("commit", "-q", "--amend", "-m", "another")
    amended = git("rev-parse", "HEAD")
    git("tag", "-a", "v1", "-m", "one")

    git("push", "-q", "--force", "origin", "main", "v1", ":other")

    told = [event["detail"] for event in heard(5)[2:]]
    by_name = {detail["referenceName"]: detail for detail in told}
    assert by_name["main"]["event"] == "referenceUpdated"
    assert by_name["main"]["commitId"] == amended
    assert by_name["v1"]["referenceType"] == "tag"
    assert by_name["v1"]["commitId"] == amended
    assert by_name["other"]["event"] == "referenceDeleted"
    assert by_name["other"]["oldCommitId"] == first
    assert "commitId" not in by_name["other"]


def test_a_push_that_git_refuses_tells_nothing(git: Git, heard: Heard, tmp_path: Path) -> None:
    git.commit({"a.txt": "1"})
    git("push", "-q", "origin", "main")
    git("commit", "-q", "--amend", "-m", "another")

    refused = subprocess.run(
        ["git", "push", "-q", "origin", "main"], cwd=git.folder, capture_output=True
    )
    git("push", "-q", "origin", "main:last")

    assert refused.returncode != 0
    assert [event["detail"]["referenceName"] for event in heard(2)] == ["main", "last"]


def test_a_clone_has_what_was_pushed(git: Git, tmp_path: Path) -> None:
    git.commit({"a.txt": "1", "deep/er/b.txt": "2"})
    git("push", "-q", "origin", "main")

    git("clone", "-q", git.remote, str(tmp_path / "clone"))

    assert (tmp_path / "clone" / "deep" / "er" / "b.txt").read_text() == "2"


def test_a_push_of_several_megabytes_arrives(git: Git, tmp_path: Path) -> None:
    noise = subprocess.run(["head", "-c", "3000000", "/dev/urandom"], capture_output=True).stdout
    (git.folder / "big.bin").write_bytes(noise)
    git.commit({})
    git("push", "-q", "origin", "main")

    git("clone", "-q", git.remote, str(tmp_path / "clone"))

    assert (tmp_path / "clone" / "big.bin").read_bytes() == noise


def test_an_unknown_repository_is_refused_by_name(git: Git) -> None:
    asked = subprocess.run(
        ["git", "ls-remote", git.remote + "-nobody"], capture_output=True, text=True
    )

    assert asked.returncode != 0
    assert "not found" in asked.stderr
