"""What a definition may say, and which faults are found before anything runs."""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.sagemaker.pipelines.definition import DefinitionError, parse
from localcloud.sagemaker.pipelines.parameters import Parameter, given_values

Doc = dict[str, Any]
REPOSITORY = Path(__file__).parents[4]


def definition(*steps: Doc, parameters: list[Doc] | None = None, **more: Any) -> str:
    return json.dumps(
        {"Version": "2020-12-01", "Parameters": parameters or [], "Steps": steps, **more}
    )


def processing(name: str, *outputs: str, **more: Any) -> Doc:
    listed = [{"OutputName": output, "S3Output": {}} for output in outputs]
    arguments = {"ProcessingOutputConfig": {"Outputs": listed}, **more.pop("arguments", {})}
    return {"Name": name, "Type": "Processing", "Arguments": arguments, **more}


def get(reference: str) -> Doc:
    return {"Get": reference}


def test_the_committed_definition_of_churn_has_no_fault() -> None:
    parsed = parse((REPOSITORY / "pipeline_def/churn/pipeline.json").read_text())
    assert list(parsed.steps)[:2] == ["CheckData", "Preprocess"]
    assert parsed.steps["NotGoodEnough"].branch == ("GoodEnough", "ElseSteps")


def test_a_reference_makes_a_dependency_and_so_does_depends_on() -> None:
    parsed = parse(
        definition(
            processing("A", "out"),
            processing("B", DependsOn=["A"]),
            processing(
                "C",
                arguments={
                    "X": get("Steps.A.ProcessingOutputConfig.Outputs['out'].S3Output.S3Uri")
                },
            ),
        )
    )
    assert parsed.steps["B"].needs == {"A"}
    assert parsed.steps["C"].needs == {"A"}


def test_a_nested_step_needs_its_condition() -> None:
    condition = {
        "Name": "Ask",
        "Type": "Condition",
        "Arguments": {"Conditions": [], "IfSteps": [processing("Yes")], "ElseSteps": []},
    }
    parsed = parse(definition(condition))
    assert parsed.steps["Yes"].needs == {"Ask"}
    assert parsed.steps["Ask"].needs == set()


def condition(*conditions: Any, **branches: Any) -> str:
    """A definition that asks for these conditions."""
    arguments = {"Conditions": list(conditions), "IfSteps": [], "ElseSteps": [], **branches}
    return definition({"Name": "Ask", "Type": "Condition", "Arguments": arguments})


def message(value: Any) -> str:
    """A definition that fails with a message."""
    return definition({"Name": "F", "Type": "Fail", "Arguments": {"ErrorMessage": value}})


ONE = {"Type": "Equals", "LeftValue": 1, "RightValue": 1}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (condition({"Type": "Spaceship"}), "'Spaceship' is no type of condition; known are Equals"),
        (condition("x"), "None is no type of condition"),
        (condition({"Type": "LessThan", "LeftValue": 1}), "LessThan has no 'RightValue'"),
        (condition({"Type": "Not", "Expression": {"Type": "Or"}}), "Or has no 'Conditions'"),
        (condition({"Type": "And", "Conditions": [ONE, {"Type": "in"}]}), "'in' is no type of"),
        (condition({"Type": "In", "QueryValue": 1, "Values": 1}), "In are not a list"),
        (condition(Conditions="x"), "its Conditions are not a list"),
        (
            condition(
                ONE, ElseSteps=[{"Name": "B", "Type": "Condition", "Arguments": {"Conditions": []}}]
            ),
            "step 'Ask': its ElseSteps have the condition step 'B', and SageMaker takes none",
        ),
        (message({"Std:Foo": {}}), "'Std:Foo' is no function; known are Std:Join, Std:JsonGet"),
        (message({"Std:Join": {"Values": []}}), "'Std:Join' has no 'On'"),
        (message({"Std:Join": {"On": "-", "Values": "x"}}), "Values of 'Std:Join' are not a list"),
        (message({"Std:Join": {"On": "-", "Values": [{"Std:JsonGet": {"Path": "a"}}]}}),
         "'Std:JsonGet' has no 'PropertyFile'"),
        (message({"Std:Join": {"On": "", "Values": []}, "x": 1}), "alone in its place"),
    ],
)  # fmt: skip
def test_a_function_or_condition_that_is_none_is_refused_before_anything_runs(
    text: str, words: str
) -> None:
    with pytest.raises(DefinitionError, match=re.escape(words)):
        parse(text)


JSON_GET = {"Std:JsonGet": {"PropertyFile": get("Steps.A.PropertyFiles.Report"), "Path": "a"}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ("[]", "list of Steps"),
        (json.dumps({"Version": "1", "Steps": []}), "Version is '1'"),
        (definition(), "no steps"),
        (definition({"Name": "E", "Type": "EMR", "Arguments": {}}), "'EMR' runs on AWS only"),
        (definition({"Name": "a b", "Type": "Fail", "Arguments": {}}), "no usable Name"),
        (definition(processing("A"), processing("A")), "two steps are named 'A'"),
        (definition(processing("A", DependsOn="B")), "DependsOn is not a list"),
        (
            definition(
                {"Name": "L", "Type": "Lambda", "FunctionArn": get("Parameters.F"), "Arguments": {}}
            ),
            "no parameter 'F'",
        ),
        (definition(processing("A", DependsOn=["B"])), "depends on 'B', which is no step"),
        (definition(processing("A", arguments={"X": get("Steps.B.Y")})), "'B', which is no step"),
        (definition(processing("A", arguments={"X": get("Parameters.P")})), "no parameter 'P'"),
        (
            definition(processing("A", arguments={"X": get("Execution.P")})),
            "execution variable 'P'",
        ),
        (definition(processing("A", arguments={"X": get("Env.P")})), "is no reference to"),
        (definition(processing("A", arguments={"X": get("Steps.A[")})), "cannot read"),
        (
            definition(
                processing("A", "out"),
                processing(
                    "B",
                    arguments={
                        "X": get("Steps.A.ProcessingOutputConfig.Outputs['no'].S3Output.S3Uri")
                    },
                ),
            ),
            "step 'A' has no output 'no'",
        ),
        (definition(processing("A"), processing("B", arguments={"X": JSON_GET})), "'Report'"),
        (
            definition(
                processing(
                    "A",
                    "out",
                    PropertyFiles=[
                        {"PropertyFileName": "Report", "OutputName": "gone", "FilePath": "r.json"}
                    ],
                ),
                processing("B", arguments={"X": JSON_GET}),
            ),
            "no output 'gone'",
        ),
        (
            definition(
                processing("A", DependsOn=["C"]),
                processing("B", DependsOn=["A"]),
                processing("C", DependsOn=["B"]),
            ),
            "wait for each other: A → C → B → A",
        ),
        (
            definition(processing("A", CacheConfig={"Enabled": True, "ExpireAfter": "soon"})),
            "'soon' is not an ISO 8601 duration",
        ),
        (definition(processing("A"), parameters=[{"Name": "P", "Type": "Date"}]), "'Date' is not"),
        (
            definition(processing("A"), parameters=[{"Name": "P", "Type": "String"}] * 2),
            "two parameters are named 'P'",
        ),
    ],
)
def test_a_faulty_definition_is_refused_by_name(text: str, message: str) -> None:
    with pytest.raises(DefinitionError, match=message.replace("[", r"\[")):
        parse(text)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document."""
    found = [path] if path else []
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, item in items:
        found += places(item, (*path, key))
    return found


CHURN = json.loads((REPOSITORY / "pipeline_def/churn/pipeline.json").read_text())
PLACES = places(CHURN)


@given(st.sampled_from(PLACES), st.sampled_from([None, 1, "x", [], {}, ["x"], {"Get": "x"}, "cut"]))
def test_a_definition_that_is_damaged_anywhere_is_read_or_refused_in_words(
    place: tuple[Any, ...], value: Any
) -> None:
    document = json.loads(json.dumps(CHURN))
    parent = document
    for key in place[:-1]:
        parent = parent[key]
    if value == "cut":
        del parent[place[-1]]
    else:
        parent[place[-1]] = value
    with contextlib.suppress(DefinitionError):
        parse(json.dumps(document))


def parameters() -> dict[str, Parameter]:
    entries: list[Doc] = [
        {"Name": "Bucket", "Type": "String"},
        {"Name": "Count", "Type": "Integer", "DefaultValue": 1},
        {"Name": "Rate", "Type": "Float", "DefaultValue": 0.5},
        {"Name": "Deep", "Type": "Boolean", "DefaultValue": False},
        {"Name": "Size", "Type": "String", "DefaultValue": "s", "EnumValues": ["s", "m"]},
    ]
    found = [Parameter.from_definition(entry) for entry in entries]
    return {parameter.name: parameter for parameter in found}


def test_given_values_are_read_in_their_types_and_defaults_fill_the_rest() -> None:
    texts = {"Bucket": "b", "Count": "3", "Deep": "true"}
    listed = [{"Name": name, "Value": value} for name, value in texts.items()]
    values = given_values(parameters(), listed)
    assert values == {"Bucket": "b", "Count": 3, "Rate": 0.5, "Deep": True, "Size": "s"}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("Other", "x", r"Unknown parameters: \[Other\]"),
        ("Count", "1.5", "not a value of type Integer"),
        ("Rate", "fast", "not a value of type Float"),
        ("Deep", "maybe", "not a value of type Boolean"),
        ("Size", "xl", "not one of s, m"),
    ],
)
def test_an_unfit_value_is_refused_by_name(name: str, value: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        given_values(
            parameters(), [{"Name": "Bucket", "Value": "b"}, {"Name": name, "Value": value}]
        )


def test_a_missing_value_is_named() -> None:
    with pytest.raises(ValueError, match=r"Missing parameters: \[Bucket\]"):
        given_values(parameters(), [])
