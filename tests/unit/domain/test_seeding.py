"""The first commit of a new repository, and what CloudFormation is told of it."""

import pytest

from domain import seeding
from domain.seeding import SeedError

EVENT = {"StackId": "stack", "RequestId": "request", "LogicalResourceId": "FirstCommit"}


def test_the_sources_go_into_the_folder_and_what_tools_left_does_not() -> None:
    paths = ["churn/pipeline.py", "steps/train.py", "stages.yaml"]
    left = ["__pycache__/a.py", "steps/__pycache__/t.cpython-313.pyc", ".ruff_cache/x", "b.pyc"]

    found = seeding.sources([*left, *paths])

    assert found == sorted(paths)
    assert list(seeding.first_commit(dict.fromkeys(found, b""))) == [
        f"pipeline_def/{path}" for path in found
    ]


@pytest.mark.parametrize("count", [0, 101])
def test_no_file_or_more_than_one_commit_takes_is_refused_with_the_number(count: int) -> None:
    with pytest.raises(SeedError, match=f"{count} files"):
        seeding.sources(f"{number}.py" for number in range(count))


def test_as_many_files_as_one_commit_takes_are_taken() -> None:
    assert len(seeding.sources(f"{number}.py" for number in range(100))) == 100


def test_more_bytes_than_one_commit_takes_are_refused_with_the_number() -> None:
    half = bytes(seeding.MOST_BYTES // 2)

    assert seeding.first_commit({"a": half, "b": half})
    with pytest.raises(SeedError, match=str(seeding.MOST_BYTES + 1)):
        seeding.first_commit({"a": half, "b": half, "c": b"1"})


def test_the_id_of_the_resource_stays_and_a_long_reason_is_cut() -> None:
    made = seeding.answer(EVENT, "models", "x" * 5000, failed=True)
    later = seeding.answer(EVENT | {"PhysicalResourceId": "known"}, "models", "")

    assert (made["Status"], made["PhysicalResourceId"]) == ("FAILED", "first-commit-models")
    assert len(made["Reason"]) == 1000
    assert (later["Status"], later["PhysicalResourceId"]) == ("SUCCESS", "known")
    assert {name: made[name] for name in EVENT} == EVENT
