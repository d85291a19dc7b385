"""What the endpoint answers: raw rows get scores, bad rows a refusal that says why."""

import csv
import json
from typing import Any

import pytest

from bench.by_hand import Run
from pipeline_def.datasets import telecom

from .conftest import serve


@pytest.fixture(scope="module")
def row(churn: Run) -> dict[str, str]:
    with (churn.home / "golden" / "requests.csv").open() as file:
        return dict(zip(telecom.HEADER[:-1], next(csv.reader(file)), strict=True))


def test_json_gets_the_score_that_csv_gets(churn: Run, row: dict[str, str]) -> None:
    typed: dict[str, Any] = {**row, "Day Mins": float(row["Day Mins"])}
    del typed["Phone"]  # the model never looks at it
    body = json.dumps({"instances": [typed, row]})

    answer = serve(churn, "application/json", body, "application/json")
    plain = serve(churn, "text/csv; charset=utf-8", ",".join(row.values()), "*/*")

    score = float(plain["body"])
    assert json.loads(answer["body"]) == {"predictions": [{"score": score}, {"score": score}]}
    assert answer["type"] == "application/json"


BAD = {
    "nothing": ("text/csv", "", "*/*", 400, "the body has no rows"),
    "one field": ("text/csv", "TX", "*/*", 400, "row 1 has 1 fields instead of 20: State,"),
    "a header": (
        "text/csv",
        ",".join(telecom.HEADER[:-1]),
        "*/*",
        400,
        "the first line is a header; send the rows alone",
    ),
    "text for a number": (
        "text/csv",
        "TX,many" + ",1" * 18,
        "*/*",
        400,
        "row 1, column 'Account Length': 'many' is not a number",
    ),
    "no JSON": ("application/json", "{", "*/*", 400, "the body is not JSON: "),
    "a list": ("application/json", "[1]", "*/*", 400, 'the body must be {"instances": ['),
    "a column too few": (
        "application/json",
        '{"instances": [{"State": "TX"}]}',
        "*/*",
        400,
        "row 1 has no column 'Account Length'",
    ),
    "a column too many": (
        "application/json",
        '{"instances": [{"Colour": "red"}]}',
        "*/*",
        400,
        "row 1 has a column 'Colour' that the model does not know",
    ),
    "another content type": ("image/png", "x", "*/*", 415, "content type image/png is not"),
    "another answer": ("text/csv", "", "image/png", 400, "the body has no rows"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_request_is_the_callers_fault_and_says_why(churn: Run, case: str) -> None:
    content_type, body, accept, status, sentence = BAD[case]

    answer = serve(churn, content_type, body, accept)

    assert answer["status"] == status
    assert answer["body"].startswith(sentence)


def test_an_answer_that_cannot_be_written_is_406(churn: Run, row: dict[str, str]) -> None:
    answer = serve(churn, "text/csv", ",".join(row.values()), "image/png")

    assert answer["status"] == 406
