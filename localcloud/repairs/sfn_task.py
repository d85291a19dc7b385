"""Fault: a Task's attempt is not bounded as its state says.

`HeartbeatSeconds` is ignored, a `TimeoutSeconds` that is a JSONata expression breaks the task, a
stop does not end a task that runs, and all attempts of `.waitForTaskToken` share one token.
On AWS each attempt evaluates its own arguments and limits and has its own token, and a timeout
leaves a TaskTimedOut event. `Credentials` are ignored, too; on AWS they name the role that the
call is made under: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-access-cross-acct-resources.html
"""

import json
import secrets
from typing import Any

from ministack.services import stepfunctions as sfn

from localcloud.repairs import base, sfn_callback, sfn_control, sfn_retry


def execute_task(
    state: dict[str, Any], data: Any, execution: Any, ctx: dict[str, Any]
) -> tuple[Any, str | None]:
    """Run a Task state with its retries and catches; return (output, next state)."""

    def attempt() -> tuple[Any, str | None]:
        result = _attempt(state, data, execution, ctx)
        return _output(state, data, ctx, result), sfn._next_or_end(state)

    output, following = sfn_retry.with_retry_and_catch(state, data, ctx, attempt)
    return output, following


def _attempt(state: dict[str, Any], data: Any, execution: Any, ctx: dict[str, Any]) -> Any:
    resource = state["Resource"]
    called = _names(resource)
    token = ""
    if resource.endswith(".waitForTaskToken"):
        token = secrets.token_urlsafe(96)
        ctx["Task"] = {"Token": token}
    arguments = _arguments(state, data, ctx)
    limits = {name: _seconds(state, name, data, ctx) for name in ("Timeout", "Heartbeat")}
    role = _role(state, data, ctx)
    _scheduled(execution, called, arguments, limits, role)
    under = sfn_control.credentials.set(role)
    try:
        if token:
            result = sfn_callback.call_and_wait(
                resource, arguments, token, limits["Timeout"], limits["Heartbeat"]
            )
        else:
            result = _call(resource, arguments, limits["Timeout"])
    except sfn._ExecutionError as error:
        # The history calls a missed heartbeat States.Timeout; Retry and Catch know the difference.
        timed_out = error.error in ("States.Timeout", "States.HeartbeatTimeout")
        kind, name = ("TimedOut", "States.Timeout") if timed_out else ("Failed", error.error)
        details = {**called, "error": name} | ({"cause": error.cause} if error.cause else {})
        sfn._add_event(execution, f"Task{kind}", {f"task{kind}EventDetails": details})
        raise
    finally:
        sfn_control.credentials.reset(under)
    output = {**called, "output": json.dumps(result)}
    sfn._add_event(execution, "TaskSucceeded", {"taskSucceededEventDetails": output})
    return result


def _call(resource: str, arguments: Any, timeout: float | None) -> Any:
    if ":activity:" in resource:
        timeout = None  # the clock of an activity starts when a worker takes the task
    try:
        return sfn_control.current().call(
            lambda: sfn._invoke_resource(resource, arguments), timeout
        )
    except TimeoutError:
        raise sfn._ExecutionError("States.Timeout", "") from None


def _arguments(state: dict[str, Any], data: Any, ctx: dict[str, Any]) -> Any:
    if sfn._state_query_language(state, ctx) == "JSONata":
        return sfn._apply_jsonata_arguments(state, data, ctx)
    return sfn._apply_parameters(state, sfn._apply_input_path(state, data, ctx), ctx)


def _role(state: dict[str, Any], data: Any, ctx: dict[str, Any]) -> str:
    """Return the role that the state's Credentials name: a text, an expression, or a JSONPath."""
    if "Credentials" not in state:
        return ""
    if sfn._state_query_language(state, ctx) == "JSONata":
        given = {**state, "Arguments": state["Credentials"]}
        return str(sfn._apply_jsonata_arguments(given, data, ctx)["RoleArn"])
    return str(sfn._apply_parameters({"Parameters": state["Credentials"]}, data, ctx)["RoleArn"])


def _seconds(state: dict[str, Any], name: str, data: Any, ctx: dict[str, Any]) -> float | None:
    """Return TimeoutSeconds or HeartbeatSeconds: a number, an expression, or a JSONPath."""
    field = f"{name}Seconds"
    if field in state and sfn._state_query_language(state, ctx) == "JSONata":
        seconds = sfn._jsonata_state_field(state, field, "number", data, ctx)
    elif field in state:
        seconds = state[field]
    elif f"{field}Path" in state:
        seconds = sfn._resolve_path_or_ctx(state[f"{field}Path"], data, ctx)
    else:
        return None
    if not isinstance(seconds, int | float) or seconds <= 0 or seconds != int(seconds):
        message = f"The {field} field must be a positive integer but was: {seconds}"
        raise sfn._ExecutionError("States.QueryEvaluationError", message)
    return float(seconds)


def _output(state: dict[str, Any], data: Any, ctx: dict[str, Any], result: Any) -> Any:
    if sfn._state_query_language(state, ctx) == "JSONata":
        output = sfn._apply_jsonata_output(state, data, ctx, result=result, default=result)
        sfn._apply_state_assign(state, data, ctx, result=result)
        return output
    selected = sfn._apply_result_selector(state, result)
    return sfn._apply_output_path(state, sfn._apply_result_path(state, data, selected), ctx)


def _names(resource: str) -> dict[str, str]:
    """Return the history's resourceType and resource of a Task's Resource ARN."""
    parts = resource.split(":")
    if ":::" not in resource:
        return {"resourceType": parts[2], "resource": resource}
    return {"resourceType": ":".join(parts[5:-1]), "resource": parts[-1]}


def _scheduled(
    execution: Any,
    called: dict[str, str],
    arguments: Any,
    limits: dict[str, float | None],
    role: str,
) -> None:
    details: dict[str, Any] = {
        **called,
        "region": sfn.get_region(),
        "parameters": json.dumps(arguments),
    }
    for name, seconds in limits.items():
        if seconds is not None:
            details[f"{name.lower()}InSeconds"] = int(seconds)
    if role:
        details["taskCredentials"] = {"roleArn": role}
    sfn._add_event(execution, "TaskScheduled", {"taskScheduledEventDetails": details})
    sfn._add_event(execution, "TaskStarted", {"taskStartedEventDetails": called})


def install(_context: object) -> None:
    """Replace ministack's Task state."""
    base.replace(sfn, "_execute_task", "a22fe3d909340e4b", execute_task)
