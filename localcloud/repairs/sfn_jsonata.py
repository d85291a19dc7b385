"""Fault: JSONata states differ from AWS in `Assign` and in a Choice that falls to its Default.

AWS evaluates all of `Assign` with the values from before the state, ministack lets an entry see the
ones before it. A Choice state's own `Output` counts when no rule matched; ministack drops it.
https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html
"""

from collections.abc import Callable
from typing import Any

from ministack.services import stepfunctions as sfn

from localcloud.repairs import base


def apply_assign(
    state: dict[str, Any],
    data: Any,
    ctx: dict[str, Any] | None,
    result: Any = None,
    error_output: Any = None,
) -> None:
    """Evaluate `Assign` against the old variables, then set the new ones together."""
    assign = state.get("Assign")
    if ctx is None or not isinstance(assign, dict):
        return
    if sfn._state_query_language(state, ctx) == "JSONata":
        evaluated = sfn._apply_jsonata_template(
            assign, data, ctx, result=result, error_output=error_output
        )
        ctx.setdefault("variables", {}).update(evaluated)


def _choice_with_default_output(original: Callable[..., Any]) -> Callable[..., Any]:
    def execute(state: dict[str, Any], data: Any, ctx: dict[str, Any]) -> tuple[Any, Any]:
        if sfn._state_query_language(state, ctx) != "JSONata" or "Default" not in state:
            output, following = original(state, data, ctx)
            return output, following
        taken = next((rule for rule in state["Choices"] if _holds(rule, data, ctx)), state)
        output = sfn._apply_jsonata_output(taken, data, ctx, default=data)
        apply_assign(taken, data, ctx)
        return output, taken["Default" if taken is state else "Next"]

    return execute


def _holds(rule: dict[str, Any], data: Any, ctx: dict[str, Any]) -> bool:
    return bool(sfn._evaluate_jsonata_choice_rule(rule, data, ctx))


def install(_context: object) -> None:
    """Replace ministack's Assign and wrap its Choice state."""
    base.replace(sfn, "_apply_state_assign", "6465ed872c56ab38", apply_assign)
    base.wrap(sfn, "_execute_choice", "f23f611b4542e4f5", _choice_with_default_output)
