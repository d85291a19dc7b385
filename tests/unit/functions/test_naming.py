"""Names: accepted by AWS, and the same for the same cause."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import naming

EXECUTION = re.compile(r"[A-Za-z0-9_-]{1,80}")
SAGEMAKER = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
REPOSITORIES = st.text(min_size=1, max_size=100)
COMMITS = st.text("0123456789abcdef", min_size=40, max_size=40)
VERSIONS = st.integers(1, 10**6)


@given(REPOSITORIES, COMMITS)
def test_a_build_has_a_name_that_step_functions_accepts(repository: str, commit: str) -> None:
    assert EXECUTION.fullmatch(naming.build_execution(repository, commit))


@given(REPOSITORIES, COMMITS, COMMITS)
def test_two_commits_never_share_a_build(repository: str, one: str, two: str) -> None:
    names = {naming.build_execution(repository, commit) for commit in (one, two)}

    assert len(names) == len({one, two})


@given(REPOSITORIES, REPOSITORIES, COMMITS)
def test_the_same_commit_in_two_repositories_is_built_twice(one: str, two: str, c: str) -> None:
    names = {naming.build_execution(repository, c) for repository in (one, two)}

    assert len(names) == len({one, two})


@given(st.text(min_size=1, max_size=63), VERSIONS, st.integers(1, 999))
def test_a_release_and_its_deployments_have_names_that_step_functions_accepts(
    group: str, version: int, approval: int
) -> None:
    release = naming.release_execution(group, version, approval)

    assert EXECUTION.fullmatch(release)
    for stage in ("staging", "production"):
        assert EXECUTION.fullmatch(naming.child_execution(release, stage, "retry 2"))


@given(VERSIONS, VERSIONS, st.integers(1, 99), st.integers(1, 99))
def test_every_approval_of_every_version_is_a_release_of_its_own(
    one: int, two: int, first: int, second: int
) -> None:
    group = "g" * 63
    names = {
        naming.release_execution(group, one, first),
        naming.release_execution(group, two, second),
    }

    assert len(names) == len({(one, first), (two, second)})


def test_staging_and_production_of_one_release_are_two_executions() -> None:
    release = naming.release_execution("g" * 63, 7, 1)

    assert naming.child_execution(release, "staging") != naming.child_execution(
        release, "production"
    )


@given(st.lists(st.text(max_size=90), min_size=1, max_size=4))
def test_a_sagemaker_name_fits_sagemakers_own_pattern(parts: list[str]) -> None:
    name = naming.sagemaker_name(*parts)

    assert len(name) <= 63
    assert SAGEMAKER.fullmatch(name)


def test_names_that_are_cut_stay_different() -> None:
    stem = "a-long-name-" * 8

    assert naming.sagemaker_name(stem, "v1") != naming.sagemaker_name(stem, "v2")


def test_parts_are_not_confused_with_their_concatenation() -> None:
    assert naming.digest("ab", "c") != naming.digest("a", "bc")


@given(st.lists(st.text(), max_size=4))
def test_a_client_request_token_has_a_length_that_sagemaker_takes(parts: list[str]) -> None:
    token = naming.client_request_token(*parts)

    assert 32 <= len(token) <= 128
    assert token == naming.client_request_token(*parts)


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_group_and_version_are_read_from_an_arn(partition: str) -> None:
    arn = f"arn:{partition}:sagemaker:eu-west-1:123456789012:model-package/churn-models/12"

    assert naming.group_of(arn) == "churn-models"
    assert naming.version_of(arn) == 12
