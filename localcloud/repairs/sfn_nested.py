"""Fault: `states:startExecution` misnames errors and runs a `.sync` child as an express execution.

The child sends no status events, does not end with its parent, and its failure reaches the parent
under the child's error name. On AWS the child is an execution like any other, the task fails with
States.TaskFailed whose cause is the child's description as JSON, and a parent that is stopped or
times out stops the child. A start that is refused has the name of the Java SDK's exception
(StepFunctions.ExecutionAlreadyExistsException).
https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html
"""

import json
import threading
from collections.abc import Callable
from typing import Any

from ministack.services import stepfunctions as sfn

from localcloud.repairs import base, sfn_control, sfn_execution

_waiting: dict[str, list[threading.Event]] = {}


def run_child(resource: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Start the child and wait for its end; return its description with the output parsed (:2)."""
    arn = sfn._invoke_nested_start_execution(resource, arguments)["ExecutionArn"]
    child = sfn._executions[arn]
    ended = threading.Event()
    _waiting.setdefault(arn, []).append(ended)
    try:
        if child["status"] == "RUNNING":
            sfn_control.current().wait(ended)
    except sfn_control.ExecutionEndedError:
        sfn_execution.abort(child, cause="The execution that started this one has ended.")
        raise
    finally:
        _waiting.pop(arn, None)
    description = _describe(child)
    if child["status"] != "SUCCEEDED":
        raise sfn._ExecutionError("States.TaskFailed", json.dumps(description))
    if resource.endswith(".sync:2"):
        description["Output"] = json.loads(description["Output"])
    return description


def _describe(child: dict[str, Any]) -> dict[str, Any]:
    described = json.loads(sfn._describe_execution({"executionArn": child["executionArn"]})[2])
    return {
        f"{key[0].upper()}{key[1:]}": value for key, value in described.items() if value is not None
    }


def _named_as_on_aws(original: Callable[..., Any]) -> Callable[..., Any]:
    def start(resource: str, arguments: dict[str, Any]) -> Any:
        try:
            return original(resource, arguments)
        except sfn._ExecutionError as error:
            if error.error.startswith("States."):
                raise
            name = f"StepFunctions.{error.error.removesuffix('Exception')}Exception"
            raise sfn._ExecutionError(name, error.cause) from None

    return start


def _wake(execution: dict[str, Any]) -> None:
    for event in _waiting.get(execution["executionArn"], []):
        event.set()


def install(_context: object) -> None:
    """Replace ministack's nested synchronous execution."""
    base.wrap(sfn, "_invoke_nested_start_execution", "66e3512d60a0ad58", _named_as_on_aws)
    base.replace(sfn, "_invoke_nested_start_execution_sync", "e71ed0c36ab7f24c", run_child)
    sfn_execution.when_ended(_wake)
