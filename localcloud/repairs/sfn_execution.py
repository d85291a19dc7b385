"""Fault: an execution has no end of its own.

ministack ignores the `TimeoutSeconds` of a state machine; StopExecution leaves what waits waiting,
and what ends later overwrites ABORTED; each execution starts with a sleep of 0.15 s.
On AWS the timeout gives status TIMED_OUT with an ExecutionTimedOut event, a stop ends the
execution at once, and the first end is the last word.
"""

import json
import threading
from collections.abc import Callable
from typing import Any

from ministack.services import stepfunctions as sfn

from localcloud.repairs import base, sfn_control, sfn_walk

_controls: dict[str, sfn_control.Control] = {}
_listeners: list[Callable[[dict[str, Any]], None]] = []
_end_lock = threading.Lock()
_EVENTS = {"SUCCEEDED": "ExecutionSucceeded", "FAILED": "ExecutionFailed"} | {
    "TIMED_OUT": "ExecutionTimedOut",
    "ABORTED": "ExecutionAborted",
}


def run_execution(arn: str) -> None:
    """Run the execution `arn` to its end, in the calling thread."""
    execution = sfn._executions.get(arn)
    if not execution:
        return
    try:
        machine = sfn._state_machines[execution["stateMachineArn"]]
        definition = json.loads(machine["definition"])
    except (KeyError, ValueError) as error:
        finish(execution, "FAILED", error="States.Runtime", cause=f"No usable definition: {error}")
        return
    control = sfn_control.Control(
        definition.get("TimeoutSeconds"),
        role=machine["roleArn"],
        session=execution["name"],
        machine=execution["stateMachineArn"],
    )
    _controls[arn] = control
    entered = sfn_control.enter(control)
    try:
        _run(execution, machine, definition)
    except sfn_control.ExecutionEndedError:
        if control.reason == "TIMED_OUT":
            finish(execution, "TIMED_OUT", error="States.Timeout")
    finally:
        sfn_control.leave(entered)
        _controls.pop(arn, None)


def _run(execution: dict[str, Any], machine: dict[str, Any], definition: dict[str, Any]) -> None:
    try:
        data = json.loads(execution["input"])
        ctx = _context_object(execution, machine, definition, data)
        output = sfn_walk.walk(
            definition.get("States", {}), definition.get("StartAt"), data, execution, ctx
        )
        finish(execution, "SUCCEEDED", output=json.dumps(output))
    except sfn._ExecutionError as error:
        finish(execution, "FAILED", error=error.error, cause=error.cause)
    except Exception as error:
        sfn.logger.exception("Unexpected error in execution %s", execution["executionArn"])
        finish(execution, "FAILED", error="States.Runtime", cause=str(error))


def _context_object(
    execution: dict[str, Any], machine: dict[str, Any], definition: dict[str, Any], data: Any
) -> dict[str, Any]:
    return {
        "QueryLanguage": definition.get("QueryLanguage", "JSONPath"),
        "Execution": {
            "Id": execution["executionArn"],
            "Input": data,
            "Name": execution["name"],
            "RoleArn": machine["roleArn"],
            "StartTime": execution["startDate"],
            "RedriveCount": 0,
        },
        "StateMachine": {"Id": execution["stateMachineArn"], "Name": machine["name"]},
        "variables": {},
    }


def finish(
    execution: dict[str, Any],
    status: str,
    *,
    output: str | None = None,
    error: str | None = None,
    cause: str | None = None,
) -> bool:
    """Give a running execution its end; return False, and change nothing, if it has one."""
    with _end_lock:
        if execution["status"] != "RUNNING":
            return False
        execution.update(stopDate=sfn.now_iso(), output=output, error=error, cause=cause)
        details = {"output": output, "error": error, "cause": cause}
        kind = _EVENTS[status]
        known = {key: value for key, value in details.items() if value is not None}
        sfn._add_event(execution, kind, {f"{kind[0].lower()}{kind[1:]}EventDetails": known})
        execution["status"] = status
    for listener in _listeners:
        listener(execution)
    sfn._emit_execution_status_event(execution)
    return True


def _fail_execution(execution: dict[str, Any], error: str, cause: str) -> None:
    finish(execution, "FAILED", error=error, cause=cause)


def _stop_execution(data: dict[str, Any]) -> Any:
    """StopExecution: abort a running execution, answer a repeated call as the first one."""
    arn = data.get("executionArn")
    execution = sfn._executions.get(arn)
    if not execution:
        message = f"Execution Does Not Exist: '{arn}'"
        return sfn.error_response_json("ExecutionDoesNotExist", message, 400)
    abort(execution, error=data.get("error"), cause=data.get("cause"))
    return sfn.json_response({"stopDate": execution["stopDate"]})


def abort(execution: dict[str, Any], error: str | None = None, cause: str | None = None) -> None:
    """End a running execution as StopExecution does, with everything in it that waits."""
    finish(execution, "ABORTED", error=error, cause=cause)
    control = _controls.get(execution["executionArn"])
    if control:
        control.end("ABORTED")


def when_ended(listener: Callable[[dict[str, Any]], None]) -> None:
    """Call `listener` with each execution that has ended."""
    _listeners.append(listener)


def _no_events_after_the_end(original: Callable[..., Any]) -> Callable[..., Any]:
    def add_event(execution: Any, kind: str, details: Any = None) -> Any:
        if execution.get("status") == "RUNNING":
            return original(execution, kind, details)
        return None

    return add_event


def _scaled_sleep(seconds: float) -> None:
    """Wait for `seconds` (scaled by SFN_WAIT_SCALE), or until the execution ends."""
    sfn_control.current().wait(threading.Event(), seconds * sfn._SFN_WAIT_SCALE)


def install(_context: object) -> None:
    """Replace how ministack runs, stops and ends executions."""
    base.replace(sfn, "_run_execution", "9f9f6858199035e4", run_execution)
    base.replace(sfn, "_fail_execution", "b67d3ede014cb50b", _fail_execution)
    base.replace(sfn, "_stop_execution", "b4f8d8dcca3b175f", _stop_execution)
    base.replace(sfn, "_scaled_sleep", "45a2a9702cf7a8e1", _scaled_sleep)
    base.wrap(sfn, "_add_event", "9852c359f6852d8c", _no_events_after_the_end)
