"""Tasks: tokens, timeouts, heartbeats and the errors of what they call."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from tests.integration.repairs.base_process import BaseProcess
from tests.integration.repairs.workflows import Workflows, task
from tests.support.waiting import wait_until

TOKEN = "{% $states.context.Task.Token %}"
RAISES = """
class ModelRefusedError(Exception): pass
def handler(event, context):
    raise ModelRefusedError("no")
"""
CAUGHT = {
    "ErrorEquals": ["ModelRefusedError"],
    "Next": "Caught",
    "Output": "{% $states.errorOutput %}",
}
DONE = {"Type": "Succeed"}


def _queue(workflows: Workflows) -> str:
    return str(workflows.base.client("sqs").create_queue(QueueName="tokens")["QueueUrl"])


def _token_from(workflows: Workflows, queue: str) -> str:
    def received() -> str:
        answer = workflows.base.client("sqs").receive_message(QueueUrl=queue)
        messages = answer.get("Messages", [])
        if not messages:
            return ""
        workflows.base.client("sqs").delete_message(
            QueueUrl=queue, ReceiptHandle=messages[0]["ReceiptHandle"]
        )
        return str(messages[0]["Body"])

    return wait_until(received, 10)


def _waiting_task(queue: str, **more: object) -> dict[str, object]:
    arguments = {"QueueUrl": queue, "MessageBody": TOKEN}
    return task("sqs:sendMessage.waitForTaskToken", arguments, **more)


def test_the_error_of_a_function_has_the_name_of_its_class(workflows: Workflows) -> None:
    function = workflows.function(RAISES)

    end = workflows.run(
        {
            "Ask": task("lambda:invoke", {"FunctionName": function, "Payload": {}}, Catch=[CAUGHT]),
            "Caught": DONE,
        }
    )

    assert end["status"] == "SUCCEEDED"
    assert end["output"]["Error"] == "ModelRefusedError"
    cause = json.loads(end["output"]["Cause"])
    assert cause["errorMessage"] == "no"
    assert cause["stackTrace"]


def test_the_caller_of_a_function_sees_the_class_of_its_error(workflows: Workflows) -> None:
    function = workflows.function(RAISES)

    answer = workflows.base.client("lambda").invoke(FunctionName=function)

    assert answer["FunctionError"] == "Unhandled"
    assert json.loads(answer["Payload"].read())["errorType"] == "ModelRefusedError"


def test_a_function_that_raised_serves_the_next_call_in_the_same_environment(
    workflows: Workflows,
) -> None:
    function = workflows.function(
        "import os\ndef handler(event, context):\n    raise RuntimeError(str(os.getpid()))\n"
    )
    client = workflows.base.client("lambda")

    pids = {
        json.loads(client.invoke(FunctionName=function)["Payload"].read())["errorMessage"]
        for _ in range(2)
    }

    assert len(pids) == 1


def test_a_function_that_cannot_be_loaded_says_so(workflows: Workflows) -> None:
    function = workflows.function("import nothing_of_that_name\n")

    answer = workflows.base.client("lambda").invoke(FunctionName=function)

    assert json.loads(answer["Payload"].read())["errorType"] == "Runtime.ImportModuleError"


@pytest.mark.parametrize("repair", ["lambda_error_class"])
def test_without_the_repair_the_class_is_lost(
    base_without: Callable[..., BaseProcess], repair: str
) -> None:
    workflows = Workflows(base_without(repair))

    answer = workflows.base.client("lambda").invoke(FunctionName=workflows.function(RAISES))

    assert json.loads(answer["Payload"].read())["errorType"] == "Runtime.HandlerError"


def test_a_function_that_raises_fails_the_task_that_waits_for_its_token(
    workflows: Workflows,
) -> None:
    arguments = {"FunctionName": workflows.function(RAISES), "Payload": {"token": TOKEN}}

    end = workflows.run(
        {
            "Ask": task(
                "lambda:invoke.waitForTaskToken", arguments, TimeoutSeconds=60, Catch=[CAUGHT]
            ),
            "Caught": DONE,
        }
    )

    assert end["output"]["Error"] == "ModelRefusedError"


def test_each_attempt_has_a_token_of_its_own(workflows: Workflows) -> None:
    queue = _queue(workflows)
    retry = [{"ErrorEquals": ["Again"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    execution = workflows.start(workflows.machine({"Ask": _waiting_task(queue, Retry=retry)}))

    first = _token_from(workflows, queue)
    workflows.states.send_task_failure(taskToken=first, error="Again", cause="")
    second = _token_from(workflows, queue)
    workflows.states.send_task_success(taskToken=second, output='{"yes": true}')

    assert first != second
    assert workflows.end(execution)["output"] == {"yes": True}


def test_a_token_is_answered_once(workflows: Workflows) -> None:
    queue = _queue(workflows)
    workflows.start(workflows.machine({"Ask": _waiting_task(queue)}))
    token = _token_from(workflows, queue)
    workflows.states.send_task_success(taskToken=token, output="1")

    with pytest.raises(workflows.states.exceptions.TaskTimedOut):
        workflows.states.send_task_success(taskToken=token, output="2")


def test_an_unknown_token_is_invalid(workflows: Workflows) -> None:
    with pytest.raises(workflows.states.exceptions.InvalidToken):
        workflows.states.send_task_success(taskToken="made-up", output="{}")


def test_an_answer_that_is_no_json_is_refused(workflows: Workflows) -> None:
    queue = _queue(workflows)
    execution = workflows.start(workflows.machine({"Ask": _waiting_task(queue)}))
    token = _token_from(workflows, queue)

    with pytest.raises(workflows.states.exceptions.InvalidOutput):
        workflows.states.send_task_success(taskToken=token, output="{")
    workflows.states.stop_execution(executionArn=execution)


def test_a_wait_ends_at_a_timeout_that_is_an_expression(workflows: Workflows) -> None:
    queue = _queue(workflows)
    execution = workflows.start(
        workflows.machine(
            {"Ask": _waiting_task(queue, TimeoutSeconds="{% $states.input.limit %}")}
        ),
        {"limit": 1},
    )
    token = _token_from(workflows, queue)

    assert workflows.end(execution)["error"] == "States.Timeout"
    assert "TaskTimedOut" in [event["type"] for event in workflows.events(execution)]
    with pytest.raises(workflows.states.exceptions.TaskTimedOut):
        workflows.states.send_task_success(taskToken=token, output="{}")


@pytest.mark.parametrize("name", ["States.HeartbeatTimeout", "States.Timeout", "States.ALL"])
def test_a_missed_heartbeat_is_caught(workflows: Workflows, name: str) -> None:
    queue = _queue(workflows)
    states = {
        "Ask": _waiting_task(
            queue,
            TimeoutSeconds=30,
            HeartbeatSeconds=1,
            Catch=[{"ErrorEquals": [name], "Next": "Caught"}],
        ),
        "Caught": DONE,
    }

    execution = workflows.start(workflows.machine(states))
    _token_from(workflows, queue)

    assert workflows.end(execution)["status"] == "SUCCEEDED"
    assert workflows.path(execution) == ["Ask", "Caught"]


def test_a_heartbeat_keeps_a_task_alive(workflows: Workflows) -> None:
    queue = _queue(workflows)
    machine = workflows.machine(
        {"Ask": _waiting_task(queue, TimeoutSeconds=30, HeartbeatSeconds=2)}
    )
    execution = workflows.start(machine)
    token = _token_from(workflows, queue)
    begun = workflows.states.describe_execution(executionArn=execution)["startDate"]

    def beats_until_old() -> bool:
        workflows.states.send_task_heartbeat(taskToken=token)
        return bool(begun.timestamp() + 3 < time.time())

    wait_until(beats_until_old, 10, interval=0.3)
    workflows.states.send_task_success(taskToken=token, output="{}")

    assert workflows.end(execution)["status"] == "SUCCEEDED"


def test_a_function_that_runs_too_long_times_out(workflows: Workflows) -> None:
    function = workflows.function("import time\ndef handler(event, context):\n    time.sleep(6)\n")

    end = workflows.run(
        {"Ask": task("lambda:invoke", {"FunctionName": function}, TimeoutSeconds=1)}
    )

    assert end["error"] == "States.Timeout"
    assert (end["stopDate"] - end["startDate"]).total_seconds() < 4


def test_a_missing_queue_fails_the_task_at_once(workflows: Workflows) -> None:
    queue = f"{workflows.base.endpoint_url}/000000000000/no-such-queue"

    end = workflows.run({"Ask": _waiting_task(queue, TimeoutSeconds=60)})

    assert end["status"] == "FAILED"
    assert end["error"].startswith("SQS.") or end["error"].startswith("Sqs.")


def test_an_unknown_function_is_named(workflows: Workflows) -> None:
    end = workflows.run({"Ask": task("lambda:invoke", {"FunctionName": "nobody"})})

    assert end["error"] == "Lambda.ResourceNotFoundException"
