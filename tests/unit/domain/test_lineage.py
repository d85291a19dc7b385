"""From a commit or a data digest back to the versions that were made of it."""

from typing import Any

import pytest

from domain.lineage import data_of, made_of, origin


def fact(version: int, commit: str, data: str) -> dict[str, Any]:
    return {"subject": f"v{version}", "detail": {"commit": commit,
            "parameters": {"DataDigest": data, "Branch": "aaaa"}}}  # fmt: skip


FACTS = [
    fact(1, "aaaa11", "dddd11"),
    fact(2, "aaaa11", "dddd22"),
    fact(3, "bbbb22", "dddd22"),
    fact(4, "By-Hand", "aaaa11"),
    {"subject": "v5"},
    {"subject": "v6", "detail": {"commit": "", "parameters": {}}},
]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("bbbb22", {"v3"}),
        ("bbbb", {"v3"}),
        ("dddd22", {"v2", "v3"}),
        ("dddd", {"v1", "v2", "v3"}),
        ("aaaa11", {"v1", "v2", "v4"}),
        ("by-hand", {"v4"}),
        ("cccc", set()),
        ("bb22", set()),
    ],
)
def test_versions_are_found_by_the_beginning_of_commit_or_data_digest(
    wanted: str, found: set[str]
) -> None:
    assert made_of(FACTS, origin(f" {wanted.upper()} ")) == found


@pytest.mark.parametrize("text", ["", "  ", "abc"])
def test_too_little_names_nothing(text: str) -> None:
    assert origin(text) == ""


def test_the_data_of_a_version_is_what_its_run_was_given() -> None:
    assert [data_of(one) for one in FACTS[3:]] == ["aaaa11", "", ""]
