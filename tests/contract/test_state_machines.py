"""What linters do not see in the state machines."""

from pathlib import Path

import pytest
import yaml
from jsonata import Jsonata

from domain import errors
from tests.support import asl, template
from tests.support.asl import State
from tests.support.aws_models import service

# SageMaker's own refusals that its model does not list, as Step Functions names them.
UNMODELLED = {"SageMakerException", "ValidationException"}
RESERVED = ("States.", "Lambda.")


def _by_name(states: list[State]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("state", states, ids=str)


def test_there_is_one_file_for_each_state_machine_of_the_template() -> None:
    used = {p["DefinitionUri"] for p in template.state_machines().values()}

    assert used == {f"statemachine/{path.name}" for path in asl.FILES}


@pytest.mark.parametrize("path", asl.FILES, ids=lambda p: p.name)
def test_a_file_says_everything_where_it_is_read(path: Path) -> None:
    """No anchors: a reader of one state sees all of it, and SAM copies them badly."""
    kinds = {type(token) for token in yaml.scan(path.read_text())}

    assert not kinds & {yaml.AnchorToken, yaml.AliasToken}


@pytest.mark.parametrize("path", asl.FILES, ids=lambda p: p.name)
def test_a_machine_has_a_limit_and_speaks_jsonata(path: Path) -> None:
    machine = asl.definition(path)

    assert machine["TimeoutSeconds"] > 0
    assert machine["QueryLanguage"] == "JSONata"


@_by_name(asl.all_states())
def test_every_next_default_and_catch_leads_to_a_state(state: State) -> None:
    assert set(state.next_names) <= state.beside


@pytest.mark.parametrize("path", asl.FILES, ids=lambda p: p.name)
def test_every_state_can_be_reached(path: Path) -> None:
    for scope in asl.scopes(path):
        seen: set[str] = set()
        look = [scope["StartAt"]]
        while look:
            name = look.pop()
            if name not in seen:
                seen.add(name)
                body = scope["States"][name]
                look += State("", name, body, frozenset()).next_names
        assert seen == set(scope["States"])


@_by_name(asl.all_states())
def test_every_state_goes_on_or_ends(state: State) -> None:
    kind = state.body["Type"]
    ends = kind in {"Succeed", "Fail"} or state.body.get("End") is True

    assert ends != ("Next" in state.body or kind == "Choice")
    if kind == "Choice":
        assert "Default" in state.body, "a choice that fits nothing would fail the execution"


@_by_name(asl.all_states())
def test_names_are_titles_and_choices_are_questions(state: State) -> None:
    assert state.name.endswith("?") == (state.body["Type"] == "Choice")
    assert state.name == state.name.strip()
    assert state.name[0].isupper()
    assert "_" not in state.name


@_by_name(asl.tasks())
def test_every_task_has_a_timeout(state: State) -> None:
    limit = state.body["TimeoutSeconds"]

    assert limit if isinstance(limit, int) else limit.startswith("{%")


@_by_name(asl.tasks())
def test_every_task_retries_what_is_transient(state: State) -> None:
    if "states:startExecution" in state.resource:
        # Its name is the same when tried again: Step Functions would refuse it.
        assert "Retry" not in state.body
        assert "Name" in state.body["Arguments"]
        return
    last = state.body["Retry"][-1]
    assert "States.TaskFailed" in last["ErrorEquals"]
    assert last["MaxAttempts"] >= 1
    assert last["BackoffRate"] >= 1
    assert last["JitterStrategy"] == "FULL"


@_by_name(asl.tasks())
def test_every_task_catches_everything_last(state: State) -> None:
    assert state.body["Catch"][-1]["ErrorEquals"] == ["States.ALL"]


@_by_name([state for state in asl.tasks() if state.resource.endswith(".waitForTaskToken")])
def test_a_wait_hands_its_token_over_and_is_not_begun_again_when_its_time_is_over(
    state: State,
) -> None:
    tried_again = {name for rule in state.body["Retry"] for name in rule["ErrorEquals"]}

    assert not tried_again & {"States.Timeout", "States.ALL", "States.HeartbeatTimeout"}
    assert "{% $states.context.Task.Token %}" in set(asl.texts(state.body["Arguments"]))


@_by_name(asl.tasks())
def test_every_custom_error_is_a_class_that_is_raised(state: State) -> None:
    rules = [*state.body.get("Retry", []), *state.body["Catch"]]
    for name in {name for rule in rules for name in rule["ErrorEquals"]}:
        if name.startswith(RESERVED):
            continue
        prefix, _, error = name.rpartition(".")
        if prefix:
            call = asl.sdk_call(state.resource)
            assert call, f"{name} is caught where no AWS service is called"
            assert prefix.lower() == call[0]
            shapes = {shape.name for shape in service(call[0]).error_shapes}
            known = {n if n.endswith("Exception") else f"{n}Exception" for n in shapes}
            assert error in known | UNMODELLED
        else:
            kind = getattr(errors, name, None)
            assert kind is not None, f"{name} is no class of functions/domain/errors.py"
            assert issubclass(kind, errors.SlipwayError)


@_by_name(asl.tasks())
def test_what_a_person_has_to_mend_is_not_tried_again(state: State) -> None:
    """States.TaskFailed fits every class: those that are caught by name must come first."""
    own = {name for rule in state.body["Catch"] for name in rule["ErrorEquals"]}
    own = {name for name in own if hasattr(errors, name)}
    if own and "Retry" in state.body:
        first = state.body["Retry"][0]
        assert first["MaxAttempts"] == 0
        assert own <= set(first["ErrorEquals"])


def _expressions() -> list[tuple[str, str]]:
    return [
        (str(state), text[2:-2])
        for state in asl.all_states()
        for text in asl.texts({k: v for k, v in state.body.items() if k != "ItemProcessor"})
        if text.startswith("{%")
    ]


@pytest.mark.parametrize("expression", sorted({text for _, text in _expressions()}))
def test_every_expression_is_jsonata(expression: str) -> None:
    assert Jsonata(expression) is not None


def test_no_expression_is_half_written() -> None:
    for state in asl.all_states():
        for text in asl.texts(state.body):
            assert text.startswith("{%") == text.rstrip().endswith("%}"), f"{state}: {text}"
