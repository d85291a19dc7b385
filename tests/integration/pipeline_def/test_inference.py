"""What the endpoint answers: raw rows get scores, bad rows a refusal that says why."""

import csv
import json
from typing import Any

import pytest

from bench.by_hand import Run
from pipeline_def.datasets import telecom

from .conftest import ask_image, serve


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
    "another answer": ("text/csv", "TX", "image/png", 406, "cannot answer image/png; ask for"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_request_is_the_callers_fault_and_says_why(churn: Run, case: str) -> None:
    content_type, body, accept, status, sentence = BAD[case]

    answer = serve(churn, content_type, body, accept)

    assert answer["status"] == status
    assert answer["body"].startswith(sentence)


def test_who_accepts_anything_is_answered_in_the_requests_format(
    churn: Run, row: dict[str, str]
) -> None:
    body = json.dumps({"instances": [row]})

    assert serve(churn, "application/json", body, "*/*")["type"] == "application/json"
    assert serve(churn, "text/csv", ",".join(row.values()), "*/*")["type"] == "text/csv"


def test_in_the_container_a_refusal_is_returned_with_its_status(churn: Run) -> None:
    """Its Transformer turns every exception of the script into a 500."""
    answer = ask_image(
        """
import importlib, json, sys, types
framework = types.ModuleType("sagemaker_containers.beta.framework")
framework.worker = types.SimpleNamespace(Response=lambda **given: given)
for name in ("sagemaker_containers", "sagemaker_containers.beta"):
    sys.modules[name] = types.ModuleType(name)
sys.modules[framework.__name__] = framework
sys.path.insert(0, sys.argv[1] + "/code")
inference = importlib.import_module("inference")
model = inference.model_fn(sys.argv[1])
print(json.dumps(inference.transform_fn(model, b"TX,1", "text/csv", "text/csv")))
""",
        str(churn.home / "model"),
    )

    assert (answer["status"], answer["mimetype"]) == (400, "application/json")
    assert json.loads(answer["response"])["error"].startswith("row 1 has 2 fields instead of 20")


def test_no_body_at_all_crashes_the_endpoint(churn: Run) -> None:
    """400 bodies, each a good one with some bytes changed, cut out or doubled."""
    statuses = ask_image(
        """
import importlib, json, random, sys
sys.path.insert(0, sys.argv[1] + "/code")
inference = importlib.import_module("inference")
model = inference.model_fn(sys.argv[1])
CHANGES = (b"", b"\\xff", b"\\0", b'"', b"\\n", b"[" * 5000, b"9" * 40, b"e9", b",")
line = open(sys.argv[2]).readline().strip()
names = [column["name"] for column in model.encoder["columns"]]
instance = json.dumps({"instances": [dict(zip(names, line.split(",")))]})
draw, statuses = random.Random(7), []
for at in range(400):
    kind, body = (("text/csv", line), ("application/json", instance))[at % 2]
    body = bytearray(body.encode())
    for _ in range(draw.randint(1, 6)):
        spot = draw.randrange(len(body))
        body[spot : spot + draw.randint(0, 2)] = draw.choice(CHANGES)
    try:
        inference.transform_fn(model, bytes(body), kind, kind)
        statuses.append(200)
    except inference.RefusedError as error:
        statuses.append(error.status_code)
print(json.dumps(statuses))
""",
        str(churn.home / "model"),
        str(churn.home / "golden" / "requests.csv"),
    )

    assert len(statuses) == 400
    assert set(statuses) == {200, 400}
