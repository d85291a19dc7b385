"""Fault: states inside Parallel and Map leave no events, and a JSONata Succeed ignores its Output.

AWS records the states of branches and items in the execution's own history (so the path that an
execution took can be read from it), and evaluates `Output` in every kind of state. One walk now
serves the machine itself and its branches.
"""

import copy
import json
from typing import Any

from ministack.services import stepfunctions as sfn

from localcloud.repairs import base, sfn_control

_WITH_EXECUTION = {"Task": "_execute_task", "Parallel": "_execute_parallel", "Map": "_execute_map"}
_WITHOUT = {"Pass": "_execute_pass", "Choice": "_execute_choice", "Wait": "_execute_wait"}


def walk(
    states: dict[str, Any], start_at: str | None, data: Any, execution: Any, ctx: dict[str, Any]
) -> Any:
    """Run states from `start_at` to an end and return the last output.

    Raises ministack's _ExecutionError for an error that no Catch took, ExecutionEndedError when the
    execution was stopped or has timed out.
    """
    name: str | None = start_at
    while name:
        sfn_control.current().check()
        state = states.get(name)
        if not state:
            raise sfn._ExecutionError("States.Runtime", f"State '{name}' not found in definition")
        kind = state.get("Type")
        ctx["State"] = {"Name": name, "EnteredTime": sfn.now_iso(), "RetryCount": 0}
        ctx.pop("Task", None)
        _record(execution, f"{kind}StateEntered", "stateEntered", name, "input", data)
        data, following = _run_state(state, kind, data, execution, ctx)
        _record(execution, f"{kind}StateExited", "stateExited", name, "output", data)
        name = following
    return data


def _run_state(
    state: dict[str, Any], kind: Any, data: Any, execution: Any, ctx: dict[str, Any]
) -> tuple[Any, str | None]:
    if kind == "Succeed":
        return _succeed(state, data, ctx), None
    if kind == "Fail":
        raise sfn._ExecutionError(*sfn._fail_state_error(state, data, ctx))
    if kind in _WITH_EXECUTION:
        output, following = getattr(sfn, _WITH_EXECUTION[kind])(state, data, execution, ctx)
    elif kind in _WITHOUT:
        output, following = getattr(sfn, _WITHOUT[kind])(state, data, ctx)
    else:
        raise sfn._ExecutionError("States.Runtime", f"Unknown state type: {kind}")
    return output, following


def _succeed(state: dict[str, Any], data: Any, ctx: dict[str, Any]) -> Any:
    if sfn._state_query_language(state, ctx) == "JSONata":
        return sfn._apply_jsonata_output(state, data, ctx, default=data)
    return sfn._apply_output_path(state, sfn._apply_input_path(state, data, ctx), ctx)


def _record(execution: Any, kind: str, details: str, name: str, field: str, data: Any) -> None:
    entry = {"name": name, field: json.dumps(data)}
    sfn._add_event(execution, kind, {f"{details}EventDetails": entry})


def _run_sub_machine(
    states: dict[str, Any], start_at: str | None, data: Any, execution: Any, ctx: dict[str, Any]
) -> Any:
    return walk(states, start_at, copy.deepcopy(data), execution, ctx)


def install(_context: object) -> None:
    """Replace ministack's walk of branches by the one above; sfn_execution uses it for the rest."""
    base.replace(sfn, "_run_sub_machine", "6a5d0f71f1840d81", _run_sub_machine)
