"""The golden test set: three files that fit together, or a refusal."""

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import EvidenceMissingError
from domain.golden import Segment, batches, parse_golden, rows_beyond

REQUESTS = b"KS,128,265.1\nOH,107,161.6\n"
EXPECTED = b"1,0.91\n0,0.07\n"


def about(requests: bytes = REQUESTS, expected: bytes = EXPECTED, **more: Any) -> bytes:
    facts = {
        "problem": "binary_classification",
        "metrics": {"auc": 0.92},
        "requests_sha256": hashlib.sha256(requests).hexdigest(),
        "expected_sha256": hashlib.sha256(expected).hexdigest(),
        **more,
    }
    return json.dumps(facts).encode()


def test_rows_labels_and_scores_keep_their_order() -> None:
    found = parse_golden(REQUESTS, EXPECTED, about())

    assert found.rows == ("KS,128,265.1", "OH,107,161.6")
    assert (found.labels, found.scores) == ((1.0, 0.0), (0.91, 0.07))
    assert (found.metric, found.registered) == ("auc", 0.92)


def test_segments_name_their_rows_and_those_without_a_figure_are_left_out() -> None:
    entry = {"KS": {"rows": 1, "at": [0], "auc": 0.7}, "OH": {"rows": 1}}
    found = parse_golden(REQUESTS, EXPECTED, about(segments={"State": entry}))

    assert found.segments == (Segment("State", "KS", (0,), 0.7),)


@pytest.mark.parametrize("rows", [[], [2], [-1]])
def test_segments_of_rows_that_are_not_there_are_refused(rows: list[int]) -> None:
    entry = {"KS": {"at": rows, "auc": 0.7}}

    with pytest.raises(EvidenceMissingError, match="segments of rows"):
        parse_golden(REQUESTS, EXPECTED, about(segments={"State": entry}))


@pytest.mark.parametrize("size", [1, 100_000, 6 * 1024 * 1024])
def test_a_body_beyond_a_size_is_whole_rows_and_a_little_longer(size: int) -> None:
    body = rows_beyond(["KS,128,265.1", "OH,107,161.6"], size)

    assert size < len(body.encode()) < size + 70_000
    assert set(body.split("\n")) == {"KS,128,265.1", "OH,107,161.6"}


def test_a_regression_is_compared_by_rmse() -> None:
    found = parse_golden(
        REQUESTS, EXPECTED, about(problem="regression", metrics={"rmse": 2.1, "auc": 0})
    )

    assert (found.metric, found.registered) == ("rmse", 2.1)


@pytest.mark.parametrize(
    ("requests", "expected", "name"),
    [(REQUESTS + b"x", EXPECTED, "requests.csv"), (REQUESTS, EXPECTED + b"1,1\n", "expected.csv")],
)
def test_a_file_that_was_changed_is_named(requests: bytes, expected: bytes, name: str) -> None:
    with pytest.raises(EvidenceMissingError, match=name):
        parse_golden(requests, expected, about())


def test_a_set_whose_answers_are_too_few_is_refused() -> None:
    short = b"1,0.91\n"

    with pytest.raises(EvidenceMissingError, match="2 requests but 1 expected answers"):
        parse_golden(REQUESTS, short, about(expected=short))


def test_an_empty_set_proves_nothing_and_is_refused() -> None:
    with pytest.raises(EvidenceMissingError, match="0 requests"):
        parse_golden(b"", b"", about(b"", b""))


def test_a_set_without_the_metric_is_refused() -> None:
    with pytest.raises(EvidenceMissingError, match="no auc to compare"):
        parse_golden(REQUESTS, EXPECTED, about(metrics={"accuracy": 0.9}))


@given(st.lists(st.text("abc,", min_size=1, max_size=5), max_size=30), st.integers(1, 12))
def test_batches_hold_every_row_once_and_in_order(rows: list[str], size: int) -> None:
    bodies = batches(rows, size)

    assert [row for body in bodies for row in body.split("\n")] == rows
    assert all(len(body.split("\n")) <= size for body in bodies)
