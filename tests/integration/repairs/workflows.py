"""Short words for state machines, functions and roles on a base under test."""

from __future__ import annotations

import io
import itertools
import json
import textwrap
import zipfile
from typing import Any

from tests.integration.repairs.base_process import BaseProcess
from tests.support.waiting import wait_until

_numbers = itertools.count()


class Workflows:
    """Makes and runs state machines and Lambda functions with throw-away names."""

    def __init__(self, base: BaseProcess) -> None:
        self.base = base
        self.states = base.client("stepfunctions")
        self.role = self._role()

    def _role(self) -> str:
        iam = self.base.client("iam")
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": ["states.amazonaws.com", "lambda.amazonaws.com"]},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
        anything = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
        }
        role = iam.create_role(RoleName="all", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
        iam.put_role_policy(RoleName="all", PolicyName="all", PolicyDocument=json.dumps(anything))
        return str(role["Arn"])

    def machine(self, states: dict[str, Any], **more: Any) -> str:
        """Create a JSONata state machine that starts at its first state; return its ARN."""
        definition = {
            "QueryLanguage": "JSONata",
            "StartAt": next(iter(states)),
            "States": states,
            **more,
        }
        answer = self.states.create_state_machine(
            name=f"machine-{next(_numbers)}",
            definition=json.dumps(definition),
            roleArn=self.role,
        )
        return str(answer["stateMachineArn"])

    def start(self, machine: str, data: Any = None, **more: Any) -> str:
        """Start an execution and return its ARN."""
        answer = self.states.start_execution(
            stateMachineArn=machine, input=json.dumps({} if data is None else data), **more
        )
        return str(answer["executionArn"])

    def end(self, execution: str, timeout: float = 20) -> dict[str, Any]:
        """Wait for the end of an execution and return its description, the output parsed."""

        def ended() -> dict[str, Any] | None:
            described = self.states.describe_execution(executionArn=execution)
            return described if described["status"] != "RUNNING" else None

        described = wait_until(ended, timeout)
        assert described is not None
        if described.get("output"):
            described["output"] = json.loads(described["output"])
        return described

    def run(self, states: dict[str, Any], data: Any = None, **more: Any) -> dict[str, Any]:
        """Create a machine, run it to its end and return the description."""
        return self.end(self.start(self.machine(states, **more), data))

    def events(self, execution: str) -> list[dict[str, Any]]:
        """Return the history of an execution."""
        answer = self.states.get_execution_history(executionArn=execution, maxResults=1000)
        return list(answer["events"])

    def path(self, execution: str) -> list[str]:
        """Return the names of the states an execution entered, in order."""
        return [
            event["stateEnteredEventDetails"]["name"]
            for event in self.events(execution)
            if "stateEnteredEventDetails" in event
        ]

    def function(self, body: str, **settings: Any) -> str:
        """Create a Python function from the body of its module; return its ARN."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("app.py", textwrap.dedent(body))
        answer = self.base.client("lambda").create_function(
            FunctionName=f"function-{next(_numbers)}",
            Runtime="python3.13",
            Role=self.role,
            Handler="app.handler",
            Code={"ZipFile": packed.getvalue()},
            Timeout=20,
            **settings,
        )
        return str(answer["FunctionArn"])


def task(resource: str, arguments: Any = None, **more: Any) -> dict[str, Any]:
    """Return a Task state that ends the machine, unless `Next` is given."""
    end = {} if "Next" in more else {"End": True}
    return {
        "Type": "Task",
        "Resource": f"arn:aws:states:::{resource}",
        "Arguments": {} if arguments is None else arguments,
        **end,
        **more,
    }
