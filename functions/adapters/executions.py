"""Step Functions: starting executions, and resuming what waits on a task token."""

import json
from typing import Any

from adapters import aws


def start(state_machine_arn: str, name: str, value: dict[str, Any]) -> bool:
    """Start an execution under `name`; False when that name was used before."""
    states = aws.client("stepfunctions")
    try:
        states.start_execution(
            stateMachineArn=state_machine_arn, name=name, input=json.dumps(value)
        )
    except states.exceptions.ExecutionAlreadyExists:
        return False
    return True


def resume(token: str, output: dict[str, Any]) -> bool:
    """Let a waiting task succeed; False when it waits no longer."""
    states = aws.client("stepfunctions")
    try:
        states.send_task_success(taskToken=token, output=json.dumps(output))
    except (
        states.exceptions.TaskDoesNotExist,
        states.exceptions.TaskTimedOut,
        states.exceptions.InvalidToken,
    ):
        return False
    return True


def fail(token: str, error: str, cause: str) -> bool:
    """Let a waiting task fail with an error's class name; False when it waits no longer."""
    states = aws.client("stepfunctions")
    try:
        states.send_task_failure(taskToken=token, error=error, cause=cause[:32_000])
    except (
        states.exceptions.TaskDoesNotExist,
        states.exceptions.TaskTimedOut,
        states.exceptions.InvalidToken,
    ):
        return False
    return True


def is_running(execution_arn: str) -> bool:
    """Whether an execution has not ended."""
    states = aws.client("stepfunctions")
    try:
        answer = states.describe_execution(executionArn=execution_arn)
    except states.exceptions.ExecutionDoesNotExist:
        return False
    return bool(answer["status"] in {"RUNNING", "PENDING_REDRIVE"})
