"""References, functions, conditions, cache keys and retry policies: the pure parts of Pipelines."""

from __future__ import annotations

import json
from typing import Any

import pytest

from localcloud.sagemaker.pipelines import cache, retries
from localcloud.sagemaker.pipelines.conditions import ConditionError, holds
from localcloud.sagemaker.pipelines.definition import Step
from localcloud.sagemaker.pipelines.references import BadReferenceError, look_up, tokens
from localcloud.sagemaker.pipelines.resolve import Resolver
from tests.unit.localcloud.sagemaker.conftest import Desk

Doc = dict[str, Any]
EVALUATED = {
    "ProcessingOutputConfig": {
        "Outputs": [{"OutputName": "evaluation", "S3Output": {"S3Uri": "s3://b/runs/1/evaluation"}}]
    },
    "ModelArtifacts": {"S3ModelArtifacts": "s3://b/m.tar.gz"},
}
REPORT = {"metrics": {"auc": {"value": 0.93}, "odd.name": [1, 2]}}


def resolver() -> Resolver:
    files = [
        {"PropertyFileName": "Quality", "OutputName": "evaluation", "FilePath": "evaluation.json"}
    ]
    step = Step("Evaluate", "Processing", {}, {"PropertyFiles": files})
    objects = {"s3://b/runs/1/evaluation/evaluation.json": json.dumps(REPORT).encode()}
    return Resolver(
        {"Bucket": "b", "Count": 2},
        lambda name: f"<{name}>",
        {"Evaluate": EVALUATED}.__getitem__,
        objects.__getitem__,
        {"Evaluate": step},
    )


def json_get(path: str) -> Doc:
    return {
        "Std:JsonGet": {
            "PropertyFile": {"Get": "Steps.Evaluate.PropertyFiles.Quality"},
            "Path": path,
        }
    }


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ({"Get": "Parameters.Count"}, 2),
        ({"Get": "Execution.PipelineExecutionId"}, "<PipelineExecutionId>"),
        ({"Get": "Steps.Evaluate.ModelArtifacts.S3ModelArtifacts"}, "s3://b/m.tar.gz"),
        (
            {"Get": "Steps.Evaluate.ProcessingOutputConfig.Outputs['evaluation'].S3Output.S3Uri"},
            "s3://b/runs/1/evaluation",
        ),
        (
            {"Get": "Steps.Evaluate.ProcessingOutputConfig.Outputs[0].OutputName"},
            "evaluation",
        ),
        (json_get("metrics.auc.value"), 0.93),
        (json_get("metrics['odd.name'][1]"), 2),
        (
            {"Std:Join": {"On": "/", "Values": ["s3:/", {"Get": "Parameters.Bucket"}, "x", 1]}},
            "s3://b/x/1",
        ),
        ({"Std:Join": {"On": " ", "Values": ["auc", json_get("metrics.auc.value")]}}, "auc 0.93"),
        (
            {
                "Std:JsonGet": {
                    "S3Uri": {
                        "Std:Join": {
                            "On": "/",
                            "Values": [
                                {
                                    "Get": "Steps.Evaluate.ProcessingOutputConfig"
                                    ".Outputs['evaluation'].S3Output.S3Uri"
                                },
                                "evaluation.json",
                            ],
                        }
                    },
                    "Path": "metrics.auc.value",
                }
            },
            0.93,
        ),
        ([{"a": {"Get": "Parameters.Count"}}], [{"a": 2}]),
    ],
)
def test_everything_a_definition_can_refer_to_becomes_its_value(given: Any, value: Any) -> None:
    assert resolver().value(given) == value


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (json_get("metrics.f1.value"), r"evaluation\.json: metrics\.f1\.value'?: there is no 'f1'"),
        ({"Get": "Steps.Evaluate.ModelArtifacts.Nothing"}, "there is no 'Nothing'"),
    ],
)
def test_a_value_that_is_not_there_is_named_with_its_place(given: Doc, message: str) -> None:
    with pytest.raises(BadReferenceError, match=message):
        resolver().value(given)


def test_a_path_is_read_in_all_its_forms() -> None:
    assert tokens("A.B[0]['c d'].E") == ("A", "B", 0, "c d", "E")
    assert look_up({"A": [{"Name": "x", "V": 1}]}, tokens("A['x'].V")) == 1


def compare(kind: str, left: Any, right: Any) -> Doc:
    return {"Type": kind, "LeftValue": left, "RightValue": right}


@pytest.mark.parametrize(
    ("condition", "met"),
    [
        (compare("Equals", "a", "a"), True),
        (compare("Equals", 1, "1"), True),
        (compare("GreaterThan", 1, 1), False),
        (compare("GreaterThanOrEqualTo", 1, 1), True),
        (compare("LessThan", "0.5", 1), True),
        (compare("LessThanOrEqualTo", 2, 1), False),
        ({"Type": "In", "QueryValue": "m", "Values": ["s", "m"]}, True),
        ({"Type": "In", "QueryValue": "xl", "Values": ["s", "m"]}, False),
        ({"Type": "Not", "Expression": compare("Equals", 1, 2)}, True),
        (
            {"Type": "Or", "Conditions": [compare("Equals", 1, 2), compare("Equals", 2, 2)]},
            True,
        ),
        (
            {
                "Type": "And",
                "Conditions": [
                    compare("Equals", 2, 2),
                    {"Type": "Not", "Expression": {"Type": "Or", "Conditions": []}},
                ],
            },
            True,
        ),
    ],
)
def test_every_comparison_and_its_nesting(condition: Doc, met: bool) -> None:
    assert holds(condition, lambda value: value) is met


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (compare("GreaterThan", "high", 1), "cannot compare 'high' with 1"),
        ({"Type": "Equals", "LeftValue": 1}, "'RightValue'"),
        ({"Type": "Xor"}, "'Xor' is no type"),
        ("yes", "is no type"),
    ],
)
def test_a_condition_that_is_none_is_refused(condition: Any, message: str) -> None:
    with pytest.raises(ConditionError, match=message):
        holds(condition, lambda value: value)


ARGUMENTS = {
    "AppSpecification": {"ImageUri": "i", "ContainerArguments": ["--a", "1"]},
    "ProcessingInputs": [{"InputName": "code", "S3Input": {"S3Uri": "s3://b/code/1"}}],
    "ProcessingOutputConfig": {"Outputs": [{"S3Output": {"S3Uri": "s3://b/runs/1"}}]},
    "RoleArn": "r",
}


def test_the_cache_key_is_of_the_attributes_that_aws_documents() -> None:
    key = cache.key("Processing", ARGUMENTS)
    elsewhere = {"ProcessingOutputConfig": {}, "RoleArn": "other"}
    assert cache.key("Processing", {**ARGUMENTS, **elsewhere}) == key
    assert cache.key("Processing", {**ARGUMENTS, "Environment": {"A": "1"}}) != key
    assert cache.key("Processing", {**ARGUMENTS, "ProcessingInputs": []}) != key
    assert cache.key("RegisterModel", ARGUMENTS) is None


def test_a_cached_run_expires(desk: Desk) -> None:
    entry = {"ExecutionArn": "e", "EndTime": desk.svc.now(), "Properties": {}, "Metadata": {}}
    cache.remember(desk.svc, "p", "s", "k", entry)
    desk.later(3600)
    assert cache.find(desk.svc, "p", "s", "k", "PT1H") is not None
    assert cache.find(desk.svc, "other", "s", "k", "PT1H") is None
    desk.later(1)
    assert cache.find(desk.svc, "p", "s", "k", "PT1H") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [("P30D", 30 * 86400), ("PT1H", 3600), ("30dT5h", 30 * 86400 + 5 * 3600), ("T16m", 960),
     ("P1W", 604800), ("5y", 5 * 365 * 86400)],
)  # fmt: skip
def test_a_duration_is_read_as_aws_writes_it(text: str, expected: int) -> None:
    assert cache.seconds(text) == expected


@pytest.mark.parametrize("text", ["", "P", "PT", "1", "tomorrow"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an ISO 8601 duration"):
        cache.seconds(text)


def test_a_retry_policy_backs_off_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLIPWAY_TIME_SCALE", "1")
    policy = {
        "ExceptionType": [retries.THROTTLING],
        "IntervalSeconds": 10,
        "BackoffRate": 2.0,
        "MaxAttempts": 3,
    }
    patience = retries.Patience([policy], started=0)
    assert [patience.wait(retries.THROTTLING, 0) for _ in range(4)] == [10, 20, 40, None]
    assert patience.wait(None, 0) is None
    assert patience.wait(retries.JOB_INTERNAL_ERROR, 0) is None


def test_a_retry_policy_can_end_by_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLIPWAY_TIME_SCALE", "1")
    policy = {
        "ExceptionType": [retries.CAPACITY_ERROR], "IntervalSeconds": 5, "ExpireAfterMin": 1,
    }  # fmt: skip
    patience = retries.Patience([policy], started=100)
    assert patience.wait(retries.CAPACITY_ERROR, 159) == 5
    assert patience.wait(retries.CAPACITY_ERROR, 160) is None


def test_failures_are_told_apart_as_retry_policies_name_them() -> None:
    assert retries.of_refusal("ThrottlingException", 400) == "Step.THROTTLING"
    assert retries.of_refusal("InternalFailure", 500) == "Step.SERVICE_FAULT"
    assert retries.of_refusal("ResourceLimitExceeded", 400) == "SageMaker.RESOURCE_LIMIT"
    assert retries.of_refusal("ValidationException", 400) is None
    assert retries.of_job("InternalServerError: lost") == "SageMaker.JOB_INTERNAL_ERROR"
    assert retries.of_job("AlgorithmError: , exit code: 1") is None
