"""Executions: how they start twice, end early, nest and take their states' errors."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.repairs.base_process import BaseProcess
from tests.integration.repairs.workflows import Workflows, task
from tests.support.waiting import wait_until

FOREVER = {"Type": "Wait", "Seconds": 600, "End": True}
PASS = {"Type": "Pass", "End": True}


def test_the_timeout_of_a_machine_ends_what_waits(workflows: Workflows) -> None:
    execution = workflows.start(workflows.machine({"Wait": FOREVER}, TimeoutSeconds=1))

    end = workflows.end(execution, timeout=5)

    assert end["status"] == "TIMED_OUT"
    assert workflows.events(execution)[-1]["type"] == "ExecutionTimedOut"


def test_without_the_repair_a_machine_has_no_timeout(
    base_without: Callable[..., BaseProcess],
) -> None:
    workflows = Workflows(base_without("sfn_execution", "sfn_task", "sfn_nested"))
    execution = workflows.start(workflows.machine({"Wait": FOREVER}, TimeoutSeconds=1))

    with pytest.raises(TimeoutError):
        workflows.end(execution, timeout=3)


def test_a_stop_wakes_what_waits_and_has_the_last_word(workflows: Workflows) -> None:
    queue = workflows.base.client("sqs").create_queue(QueueName="stopped")["QueueUrl"]
    arguments = {"QueueUrl": queue, "MessageBody": "{% $states.context.Task.Token %}"}
    execution = workflows.start(
        workflows.machine({"Ask": task("sqs:sendMessage.waitForTaskToken", arguments)})
    )
    token = _message(workflows, queue)

    workflows.states.stop_execution(executionArn=execution, error="Superseded", cause="newer")

    end = workflows.end(execution)
    assert (end["status"], end["error"], end["cause"]) == ("ABORTED", "Superseded", "newer")
    assert workflows.events(execution)[-1]["type"] == "ExecutionAborted"

    def closed() -> bool:
        try:
            workflows.states.send_task_heartbeat(taskToken=token)
        except workflows.states.exceptions.TaskTimedOut:
            return True
        return False

    assert wait_until(closed, 5)
    assert workflows.states.describe_execution(executionArn=execution)["status"] == "ABORTED"


def _message(workflows: Workflows, queue: str) -> str:
    def received() -> str:
        answer = workflows.base.client("sqs").receive_message(QueueUrl=queue)
        return str(answer["Messages"][0]["Body"]) if answer.get("Messages") else ""

    return wait_until(received, 10)


def test_a_second_start_of_a_running_execution_answers_the_first(workflows: Workflows) -> None:
    machine = workflows.machine({"Wait": FOREVER})

    first = workflows.start(machine, {"version": 7}, name="release-7")
    second = workflows.start(machine, {"version": 7}, name="release-7")

    assert first == second
    workflows.states.stop_execution(executionArn=first)


@pytest.mark.parametrize(("data", "ended"), [({"version": 8}, False), ({"version": 7}, True)])
def test_another_input_or_an_ended_execution_is_refused(
    workflows: Workflows, data: dict[str, Any], ended: bool
) -> None:
    machine = workflows.machine({"Wait": FOREVER})
    first = workflows.start(machine, {"version": 7}, name="release-7")
    if ended:
        workflows.states.stop_execution(executionArn=first)

    with pytest.raises(workflows.states.exceptions.ExecutionAlreadyExists):
        workflows.start(machine, data, name="release-7")

    workflows.states.stop_execution(executionArn=first)


def test_an_execution_starts_without_a_pause(workflows: Workflows) -> None:
    machine = workflows.machine({"Pass": PASS})
    begun = time.monotonic()

    for _ in range(5):
        workflows.end(workflows.start(machine))

    assert time.monotonic() - begun < 0.7


def test_a_nested_execution_gives_its_output_as_json(workflows: Workflows) -> None:
    child = workflows.machine({"Pass": {**PASS, "Output": {"config": "{% $states.input.name %}"}}})
    arguments = {"StateMachineArn": child, "Input": {"name": "blue"}, "Name": "deploy-blue"}

    end = workflows.run({"Deploy": task("states:startExecution.sync:2", arguments)})

    assert end["output"]["Output"] == {"config": "blue"}
    assert end["output"]["Name"] == "deploy-blue"
    assert end["output"]["Status"] == "SUCCEEDED"


def test_a_failed_nested_execution_is_a_failed_task_with_the_reason(workflows: Workflows) -> None:
    child = workflows.machine({"Stop": {"Type": "Fail", "Error": "RolledBack", "Cause": "alarm"}})

    end = workflows.run(
        {"Deploy": task("states:startExecution.sync:2", {"StateMachineArn": child})}
    )

    assert end["error"] == "States.TaskFailed"
    cause = json.loads(end["cause"])
    assert (cause["Status"], cause["Error"], cause["Cause"]) == ("FAILED", "RolledBack", "alarm")


def test_a_stopped_parent_stops_its_child(workflows: Workflows) -> None:
    child = workflows.machine({"Wait": FOREVER})
    parent = workflows.start(
        workflows.machine({"Run": task("states:startExecution.sync:2", {"StateMachineArn": child})})
    )

    def children() -> list[dict[str, Any]]:
        return list(workflows.states.list_executions(stateMachineArn=child)["executions"])

    wait_until(children, 5)
    workflows.states.stop_execution(executionArn=parent)

    wait_until(lambda: children()[0]["status"] == "ABORTED", 5)


def test_a_refused_nested_start_has_the_name_of_the_sdk(workflows: Workflows) -> None:
    child = workflows.machine({"Wait": FOREVER})
    running = workflows.start(child, {"a": 1}, name="taken")

    end = workflows.run(
        {
            "Run": task(
                "states:startExecution",
                {"StateMachineArn": child, "Name": "taken", "Input": {"a": 2}},
            )
        }
    )

    assert end["error"] == "StepFunctions.ExecutionAlreadyExistsException"
    workflows.states.stop_execution(executionArn=running)


def test_a_failed_branch_stops_the_others_and_gives_its_error(workflows: Workflows) -> None:
    branches = [
        {"StartAt": "Wait", "States": {"Wait": FOREVER}},
        {"StartAt": "Fail", "States": {"Fail": {"Type": "Fail", "Error": "Broken"}}},
    ]
    begun = time.monotonic()

    end = workflows.run(
        {
            "Both": {
                "Type": "Parallel",
                "Branches": branches,
                "End": True,
                "Catch": [{"ErrorEquals": ["Broken"], "Next": "Caught"}],
            },
            "Caught": {"Type": "Succeed", "Output": "caught"},
        }
    )

    assert end["output"] == "caught"
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize(
    ("names", "error", "caught"),
    [
        (["States.ALL"], "Anything", True),
        (["States.ALL"], "States.Runtime", False),
        (["States.ALL"], "States.DataLimitExceeded", False),
        (["States.DataLimitExceeded"], "States.DataLimitExceeded", True),
        (["States.TaskFailed"], "Lambda.TooManyRequestsException", True),
        (["States.TaskFailed"], "States.Timeout", False),
        (["States.Timeout"], "States.HeartbeatTimeout", True),
    ],
)
def test_an_error_is_taken_by_the_names_that_aws_lets_take_it(
    names: list[str], error: str, caught: bool
) -> None:
    from localcloud.repairs.sfn_retry import error_matches

    assert error_matches(names, error) is caught


def test_the_delay_before_a_retry_grows_to_its_maximum() -> None:
    from localcloud.repairs.sfn_retry import delay

    retrier = {"IntervalSeconds": 30, "BackoffRate": 3, "MaxDelaySeconds": 200}

    assert [delay(retrier, count) for count in range(4)] == [30, 90, 200, 200]
    assert delay({"IntervalSeconds": 400, "BackoffRate": 1}, 2) == 400
    jittered = {delay({**retrier, "JitterStrategy": "FULL"}, 1) for _ in range(20)}
    assert len(jittered) > 1
    assert all(0 <= seconds <= 90 for seconds in jittered)
