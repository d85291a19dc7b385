"""Fault: StartExecution with the name and input of a running execution is refused.

On AWS it is idempotent: it answers the running execution's ARN and start date. Another input, or an
execution that has ended, gives ExecutionAlreadyExists.
https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
"""

import json
from collections.abc import Callable
from typing import Any

from ministack.services import stepfunctions as sfn

from localcloud.repairs import base


def _idempotent(original: Callable[..., Any]) -> Callable[..., Any]:
    def start(data: dict[str, Any]) -> Any:
        try:
            json.loads(data.get("input", "{}"))
        except ValueError as error:
            message = f"Invalid State Machine Execution Input: '{error}'"
            return sfn.error_response_json("InvalidExecutionInput", message, 400)
        known = _running(data)
        if known and known["input"] == data.get("input", "{}"):
            answer = {"executionArn": known["executionArn"], "startDate": known["startDate"]}
            return sfn.json_response(answer)
        return original(data)

    return start


def _running(data: dict[str, Any]) -> dict[str, Any] | None:
    machine = sfn._resolve_state_machine_arn(data.get("stateMachineArn", ""))
    if machine is None or not data.get("name"):
        return None
    name = sfn._state_machines[machine]["name"]
    scope = f"{sfn.get_region()}:{sfn.get_account_id()}"
    execution: dict[str, Any] | None = sfn._executions.get(
        f"arn:aws:states:{scope}:execution:{name}:{data['name']}"
    )
    return execution if execution and execution["status"] == "RUNNING" else None


def install(_context: object) -> None:
    """Wrap ministack's StartExecution."""
    base.wrap(sfn, "_start_execution", "953df0980d37a57d", _idempotent)
