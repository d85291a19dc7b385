"""State machines, template and AWS fit: substitutions, arguments of calls, outcomes."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.model import OperationModel, Shape, StructureShape
from close_release.closing import OUTCOMES

from domain import ledger, patience
from tests.support import asl, template
from tests.support.asl import State
from tests.support.aws_models import service

PLACEHOLDER = re.compile(r"\$\{([^}]+)\}")
SDK_TASKS = [state for state in asl.tasks() if asl.sdk_call(state.resource)]
PASSED_WHOLE = {
    "Create Model", "Create Endpoint Config", "Put Alarm", "Update Endpoint",
}  # fmt: skip


def _machine(path: Path) -> dict[str, Any]:
    uri = f"statemachine/{path.name}"
    (found,) = [p for p in template.state_machines().values() if p["DefinitionUri"] == uri]
    return found


@pytest.mark.parametrize("path", asl.FILES, ids=lambda p: p.name)
def test_every_placeholder_is_substituted_and_every_substitution_used(path: Path) -> None:
    used = set(PLACEHOLDER.findall(path.read_text()))

    assert used == set(_machine(path)["DefinitionSubstitutions"])


@pytest.mark.parametrize("path", asl.FILES, ids=lambda p: p.name)
def test_a_substitution_is_named_after_what_it_stands_for(path: Path) -> None:
    for name, value in _machine(path)["DefinitionSubstitutions"].items():
        if name.endswith("FunctionArn"):
            assert value == {"Fn::GetAtt": f"{name.removesuffix('Arn')}.Arn"}
        elif name.endswith("StateMachineArn"):
            assert value == {"Ref": name.removesuffix("Arn")}


@pytest.mark.parametrize(
    "state", [s for s in asl.tasks() if "lambda:invoke" in s.resource], ids=str
)
def test_a_lambda_is_awaited_longer_than_it_may_run(state: State) -> None:
    logical = state.body["Arguments"]["FunctionName"][2:-4]
    shared = template.template()["Globals"]["Function"]["Timeout"]
    runs = template.functions()[logical].get("Timeout", shared)
    limit = state.body["TimeoutSeconds"]

    if isinstance(limit, int):
        assert limit >= runs


@pytest.mark.parametrize("state", SDK_TASKS, ids=str)
def test_the_arguments_of_an_aws_call_fit_its_model(state: State) -> None:
    called = asl.sdk_call(state.resource)
    assert called
    model = _operation(*called)
    arguments = state.body["Arguments"]
    if isinstance(arguments, str):
        assert state.name in PASSED_WHOLE, "its arguments are made, and checked, by no one"
        return
    assert model.input_shape is not None
    assert not list(_faults(model.input_shape, arguments, state.name))


def _operation(service_name: str, camel: str) -> OperationModel:
    model = service(service_name)
    (name,) = [n for n in model.operation_names if n[0].lower() + n[1:] == camel]
    return model.operation_model(name)


def _faults(shape: Shape, value: Any, where: str) -> list[str]:
    """Literal names that the model does not know, and required ones that are missing."""
    if isinstance(value, str) or not isinstance(value, dict | list):
        return []
    if isinstance(value, list):
        return [fault for inner in value for fault in _faults(shape.member, inner, where)]
    if not isinstance(shape, StructureShape):
        return [
            f for k, inner in value.items() for f in _faults(shape.value, inner, f"{where}.{k}")
        ]
    found = [f"{where}.{name} is unknown" for name in value if name not in shape.members]
    found += [f"{where}.{name} is missing" for name in shape.required_members if name not in value]
    for name, inner in value.items():
        if name in shape.members:
            found += _faults(shape.members[name], inner, f"{where}.{name}")
    return found


def test_the_checker_of_arguments_sees_unknown_and_missing_names() -> None:
    shape = _operation("sagemaker", "createPipeline").input_shape
    given = {"PipelineName": "p", "PipelineDefinitionS3Location": {"Bucket": "b"}, "Role": "r"}

    found = _faults(shape, given, "Create")

    assert "Create.Role is unknown" in found
    assert "Create.RoleArn is missing" in found
    assert "Create.PipelineDefinitionS3Location.ObjectKey is missing" in found


@pytest.mark.parametrize("state", SDK_TASKS, ids=str)
def test_members_that_are_read_of_an_answer_exist(state: State) -> None:
    called = asl.sdk_call(state.resource)
    assert called
    shape = _operation(*called).output_shape
    for text in asl.texts({k: state.body.get(k) for k in ("Assign", "Output")}):
        for member in re.findall(r"\$states\.result\.(\w+)", text):
            assert shape is not None
            assert member in shape.members


def _assigned(path: Path, variable: str) -> set[str]:
    found: set[str] = set()
    for state in asl.states(path):
        rules = [state.body, *state.body.get("Catch", []), *state.body.get("Choices", [])]
        found |= {rule["Assign"][variable] for rule in rules if variable in rule.get("Assign", {})}
    return found


def test_every_outcome_of_a_release_is_one_that_close_release_knows() -> None:
    path = asl.FOLDER / "release.asl.yaml"
    (outcome,) = [state for state in asl.states(path) if state.name == "Outcome?"]
    told = set(re.findall(r"outcome = '(\w+)'", " ".join(asl.texts(outcome.body))))
    given = _assigned(path, "outcome")

    assert given == set(OUTCOMES)
    # "failed" is the default: whatever nobody thought of is a failure.
    assert told == given - {"failed"}


def test_a_registered_wait_outlives_the_execution_that_waits() -> None:
    """The ledger's TTL must not take a token away while somebody may still answer."""
    longest = max(asl.definition(path)["TimeoutSeconds"] for path in asl.FILES)

    assert longest < ledger.WAIT_DAYS * 86400


def test_what_settings_may_ask_a_release_to_wait_for_fits_in_its_time() -> None:
    release = asl.FOLDER / "release.asl.yaml"
    limits = {state.name: state.body.get("TimeoutSeconds") for state in asl.states(release)}
    deployments = [timedelta(seconds=limits[f"Deploy To {s}"]) for s in ("Staging", "Production")]

    assert timedelta(seconds=asl.definition(release)["TimeoutSeconds"]) == patience.RELEASE
    assert timedelta(seconds=limits["Take Turn"]) == patience.TURN
    assert sum(deployments, timedelta()) == patience.DEPLOYMENTS


def test_the_arguments_that_are_passed_whole_are_those_of_a_plan() -> None:
    whole = {s.name for s in SDK_TASKS if isinstance(s.body["Arguments"], str)}

    assert whole == PASSED_WHOLE
