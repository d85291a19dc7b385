"""CodeCommit's API as boto3 sees it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from adapters import aws
from adapters.source import CodeCommitSource
from tests.integration.codecommit.conftest import Git
from tests.integration.repairs.base_process import BaseProcess


def test_a_repository_is_described_listed_and_deleted(codecommit: Any, base: BaseProcess) -> None:
    made = codecommit.create_repository(
        repositoryName="described", repositoryDescription="of models", tags={"a": "b"}
    )["repositoryMetadata"]

    found = codecommit.get_repository(repositoryName="described")["repositoryMetadata"]

    assert made == found
    assert found["Arn"] == "arn:aws:codecommit:us-east-1:000000000000:described"
    assert found["cloneUrlHttp"] == f"{base.endpoint_url}/v1/repos/described"
    assert codecommit.list_tags_for_resource(resourceArn=found["Arn"])["tags"] == {"a": "b"}
    names = [item["repositoryName"] for item in codecommit.list_repositories()["repositories"]]
    assert "described" in names
    deleted = codecommit.delete_repository(repositoryName="described")["repositoryId"]
    assert deleted == found["repositoryId"]
    with pytest.raises(codecommit.exceptions.RepositoryDoesNotExistException):
        codecommit.get_repository(repositoryName="described")


def test_a_name_is_given_once_and_has_a_form(codecommit: Any, repository: str) -> None:
    with pytest.raises(codecommit.exceptions.RepositoryNameExistsException):
        codecommit.create_repository(repositoryName=repository)
    for name in ("a b", "../up", "x.git"):
        with pytest.raises(codecommit.exceptions.InvalidRepositoryNameException):
            codecommit.create_repository(repositoryName=name)


def test_a_commit_tells_who_when_and_what(git: Git, codecommit: Any, repository: str) -> None:
    first = git.commit({"a.txt": "1"}, "first line\n\nmore")
    second = git.commit({"a.txt": "2"})
    git("push", "-q", "origin", "main")

    commit = codecommit.get_commit(repositoryName=repository, commitId=first)["commit"]
    both = codecommit.batch_get_commits(repositoryName=repository, commitIds=[second, "0" * 40])

    assert commit["message"] == "first line\n\nmore\n"
    assert commit["author"]["name"] == "Jo"
    assert commit["author"]["email"] == "jo@example.org"
    assert commit["author"]["date"].split()[0].isdigit()
    assert commit["parents"] == []
    assert both["commits"][0]["parents"] == [first]
    assert both["errors"][0]["errorCode"] == "CommitIdDoesNotExistException"


def test_folders_and_files_are_those_of_the_commit(
    git: Git, codecommit: Any, repository: str
) -> None:
    first = git.commit({"top.txt": "1", "pipeline_def/churn/pipeline.json": "{}"})
    (git.folder / "run.sh").write_text("#!")
    (git.folder / "run.sh").chmod(0o755)
    git.commit({"top.txt": "2"})
    git("push", "-q", "origin", "main")

    root = codecommit.get_folder(repositoryName=repository, folderPath="/")
    deep = codecommit.get_folder(
        repositoryName=repository, folderPath="pipeline_def/churn", commitSpecifier=first
    )
    file = codecommit.get_file(repositoryName=repository, filePath="top.txt", commitSpecifier=first)
    blob = codecommit.get_blob(repositoryName=repository, blobId=deep["files"][0]["blobId"])

    assert [item["absolutePath"] for item in root["subFolders"]] == ["pipeline_def"]
    modes = {item["relativePath"]: item["fileMode"] for item in root["files"]}
    assert modes == {"run.sh": "EXECUTABLE", "top.txt": "NORMAL"}
    assert deep["commitId"] == first
    assert deep["files"][0]["absolutePath"] == "pipeline_def/churn/pipeline.json"
    assert file["fileContent"] == b"1"
    assert file["fileSize"] == 1
    assert blob["content"] == b"{}"


@pytest.mark.parametrize(
    ("call", "arguments", "error"),
    [
        ("get_branch", {"branchName": "no"}, "BranchDoesNotExistException"),
        ("get_commit", {"commitId": "0" * 40}, "CommitIdDoesNotExistException"),
        ("get_folder", {"folderPath": "no"}, "FolderDoesNotExistException"),
        ("get_file", {"filePath": "no"}, "FileDoesNotExistException"),
        ("get_file", {"filePath": "a.txt", "commitSpecifier": "no"}, "CommitDoesNotExistException"),
        ("get_blob", {"blobId": "0" * 40}, "BlobIdDoesNotExistException"),
        ("get_blob", {"blobId": "--help"}, "InvalidBlobIdException"),
        ("get_differences", {"afterCommitSpecifier": "-p"}, "CommitDoesNotExistException"),
        ("delete_branch", {"branchName": "main"}, "DefaultBranchCannotBeDeletedException"),
    ],
)
def test_what_does_not_exist_has_its_own_error(
    git: Git, codecommit: Any, repository: str, call: str, arguments: dict[str, Any], error: str
) -> None:
    git.commit({"a.txt": "1"})
    git("push", "-q", "origin", "main")

    with pytest.raises(getattr(codecommit.exceptions, error)):
        getattr(codecommit, call)(repositoryName=repository, **arguments)


def test_differences_tell_what_was_added_changed_and_deleted(
    git: Git, codecommit: Any, repository: str
) -> None:
    first = git.commit({"a/same.txt": "1", "a/old.txt": "1", "a/changed.txt": "1", "b.txt": "1"})
    (git.folder / "a" / "old.txt").unlink()
    second = git.commit({"a/changed.txt": "2", "a/new.txt": "1", "b.txt": "2"})
    git("push", "-q", "origin", "main")

    def paths(**more: Any) -> list[str]:
        pages = codecommit.get_paginator("get_differences").paginate(
            repositoryName=repository,
            beforeCommitSpecifier=first,
            afterCommitSpecifier=second,
            **more,
        )
        return [
            item["changeType"] + (item.get("afterBlob") or item["beforeBlob"])["path"]
            for page in pages
            for item in page["differences"]
        ]

    everything = ["Ma/changed.txt", "Aa/new.txt", "Da/old.txt", "Mb.txt"]
    assert paths() == everything
    assert paths(PaginationConfig={"PageSize": 3}) == everything
    assert paths(beforePath="a", afterPath="a") == everything[:3]


def test_a_commit_can_be_made_without_git(codecommit: Any, repository: str, git: Git) -> None:
    first = codecommit.create_commit(
        repositoryName=repository,
        branchName="main",
        authorName="Seed",
        email="seed@example.org",
        commitMessage="seed",
        putFiles=[
            {"filePath": "a/b.txt", "fileContent": b"1"},
            {"filePath": "run.sh", "fileContent": b"#!", "fileMode": "EXECUTABLE"},
        ],
    )
    second = codecommit.put_file(
        repositoryName=repository,
        branchName="main",
        parentCommitId=first["commitId"],
        filePath="a/b.txt",
        fileContent=b"2",
    )

    git("fetch", "-q", "origin")

    assert [item["absolutePath"] for item in first["filesAdded"]] == ["a/b.txt", "run.sh"]
    assert git("show", f"{second['commitId']}:a/b.txt") == "2"
    assert git("log", "-1", "--format=%an %s", first["commitId"]) == "Seed seed"
    with pytest.raises(codecommit.exceptions.ParentCommitIdOutdatedException):
        codecommit.put_file(
            repositoryName=repository,
            branchName="main",
            parentCommitId=first["commitId"],
            filePath="a/b.txt",
            fileContent=b"3",
        )
    with pytest.raises(codecommit.exceptions.SameFileContentException):
        codecommit.put_file(
            repositoryName=repository,
            branchName="main",
            parentCommitId=second["commitId"],
            filePath="a/b.txt",
            fileContent=b"2",
        )


def test_a_build_reads_who_made_a_commit_and_what_it_changed(
    git: Git, codecommit: Any, repository: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aws, "client", lambda _: codecommit)
    first = git.commit({"a.txt": "1", "b/c d.txt": "1"}, "first")
    second = git.commit({"a.txt": "2"}, "second")
    git("rm", "-q", "b/c d.txt")
    third = git.commit({"n.txt": "3"}, "third")
    git("push", "-q", "origin", "main")

    found = {
        commit: CodeCommitSource(repository, commit).info() for commit in (first, second, third)
    }

    assert found[first].files == ("a.txt", "b/c d.txt")
    assert found[second].files == ("a.txt",)
    assert found[third].files == ("b/c d.txt", "n.txt")
    assert found[first].committer == "jo@example.org"
    assert datetime.fromisoformat(found[first].when).tzinfo == UTC
    assert found[first].url.startswith("https://us-east-1.console.aws.amazon.com/codesuite/")
    assert f"/{repository}/commit/{first}?" in found[first].url
