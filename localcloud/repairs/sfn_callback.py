"""Fault: `.waitForTaskToken` swallows the error of the call that should hand on the token.

A Lambda function that raises leaves the task waiting for a callback that nobody will make. On AWS
the task fails with the function's error. Besides: a token that was used or has timed out answers
TaskTimedOut, an unknown one InvalidToken, and the first answer wins.
https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-wait-token
"""

import contextvars
import json
import threading
import time
from collections.abc import Callable
from typing import Any

from ministack.services import stepfunctions as sfn

from localcloud.repairs import base, sfn_control

_lock = threading.Lock()
_closed: set[str] = set()


def call_and_wait(
    resource: str, arguments: Any, token: str, timeout: float | None, heartbeat: float | None
) -> Any:
    """Make the call, then wait for the token's answer; return what SendTaskSuccess brought.

    Raises _ExecutionError with the call's error, SendTaskFailure's error, or a timeout.
    """
    task: dict[str, Any] = {"event": threading.Event(), "beat": time.monotonic()}
    sfn._task_tokens[token] = task
    try:
        caller = threading.Thread(
            target=contextvars.copy_context().run,
            args=(_call, resource.removesuffix(".waitForTaskToken"), arguments, task),
            daemon=True,
            name="sfn-callback",
        )
        caller.start()
        _wait(task, timeout, heartbeat)
    finally:
        with _lock:
            sfn._task_tokens.pop(token, None)
            _closed.add(token)
    if "error" in task:
        raise sfn._ExecutionError(*task["error"])
    return task["output"]


def _call(resource: str, arguments: Any, task: dict[str, Any]) -> None:
    try:
        sfn._invoke_resource(resource, arguments)
    except sfn._ExecutionError as error:
        _settle(task, "error", (error.error, error.cause))
    except Exception as error:
        sfn.logger.exception("The call of a task with a token failed")
        _settle(task, "error", ("States.TaskFailed", str(error)))


def _wait(task: dict[str, Any], timeout: float | None, heartbeat: float | None) -> None:
    ends = None if timeout is None else time.monotonic() + timeout
    while not task["event"].is_set():
        now = time.monotonic()
        if ends is not None and now >= ends:
            raise sfn._ExecutionError("States.Timeout", "")
        if heartbeat is not None and now >= task["beat"] + heartbeat:
            raise sfn._ExecutionError("States.HeartbeatTimeout", "")
        limits = [] if ends is None else [ends - now]
        if heartbeat is not None:
            limits.append(task["beat"] + heartbeat - now)
        sfn_control.current().wait(task["event"], min(limits) if limits else None)


def _settle(task: dict[str, Any], kind: str, value: Any) -> bool:
    with _lock:
        if "output" in task or "error" in task:
            return False
        task[kind] = value
        task["event"].set()
        return True


def _answer(task: dict[str, Any] | None, token: str, kind: str, value: Any) -> Any:
    if task is None and token not in _closed:
        return sfn.error_response_json("InvalidToken", "Invalid Token: 'Invalid token'", 400)
    if task is None or not _settle(task, kind, value):
        message = "Task Timed Out: 'Provided task does not exist anymore'"
        return sfn.error_response_json("TaskTimedOut", message, 400)
    return sfn.json_response({})


def _success(task: dict[str, Any] | None, data: dict[str, Any]) -> Any:
    try:
        output = json.loads(data.get("output", ""))
    except ValueError as error:
        return sfn.error_response_json("InvalidOutput", f"Invalid Output: '{error}'", 400)
    return _answer(task, data.get("taskToken", ""), "output", output)


def _failure(task: dict[str, Any] | None, data: dict[str, Any]) -> Any:
    error = (data.get("error", ""), data.get("cause", ""))
    return _answer(task, data.get("taskToken", ""), "error", error)


def _heartbeat(task: dict[str, Any] | None, data: dict[str, Any]) -> Any:
    if task is None:
        return _answer(task, data.get("taskToken", ""), "beat", None)
    task["beat"] = time.monotonic()
    return sfn.json_response({})


def _unless_activity(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Leave the tokens of activities, whose tasks ministack keeps in its own way, to ministack."""

    def wrapper(original: Callable[..., Any]) -> Callable[..., Any]:
        def send(data: dict[str, Any]) -> Any:
            task = sfn._task_tokens.get(data.get("taskToken", ""))
            return (
                original(data) if task is not None and "beat" not in task else handler(task, data)
            )

        return send

    return wrapper


def install(_context: object) -> None:
    """Replace the calls that answer a token; sfn_task uses `call_and_wait`."""
    base.wrap(sfn, "_send_task_success", "ff7a5f9a899b6146", _unless_activity(_success))
    base.wrap(sfn, "_send_task_failure", "7d534f1540fe8e7b", _unless_activity(_failure))
    base.wrap(sfn, "_send_task_heartbeat", "dc514dee64bf8632", _unless_activity(_heartbeat))
