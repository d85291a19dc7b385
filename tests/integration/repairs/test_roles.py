"""A state machine's task may do what its role allows, and nothing else."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.repairs.base_process import BaseProcess
from tests.integration.repairs.workflows import Workflows, task

_numbers = itertools.count()
ACCOUNT = "000000000000"


def _role(base: BaseProcess, *statements: tuple[list[str], str]) -> str:
    iam = base.client("iam")
    name = f"narrow-{next(_numbers)}"
    trust = {
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "states.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ]
    }
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": actions, "Resource": resource}
            for actions, resource in statements
        ],
    }
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="it", PolicyDocument=json.dumps(policy))
    return str(role["Arn"])


def _run(workflows: Workflows, role: str, state: dict[str, Any]) -> dict[str, Any]:
    other = Workflows.__new__(Workflows)
    other.base, other.states, other.role = workflows.base, workflows.states, role
    return other.run({"Call": state})


def test_a_function_needs_the_right_to_be_invoked(workflows: Workflows) -> None:
    function = workflows.function("def handler(event, context):\n    return 'ok'\n")
    state = task("lambda:invoke", {"FunctionName": function})
    allowed = _role(workflows.base, (["lambda:InvokeFunction"], function))
    other = _role(workflows.base, (["lambda:InvokeFunction"], function + "-other"))

    refused = _run(workflows, other, state)

    assert _run(workflows, allowed, state)["output"]["Payload"] == "ok"
    assert refused["error"] == "Lambda.AWSLambdaException"
    assert (
        f"is not authorized to perform: lambda:InvokeFunction on resource: {function}"
        in (refused["cause"])
    )


def test_a_task_with_a_token_is_refused_too(workflows: Workflows) -> None:
    function = workflows.function("def handler(event, context):\n    return 'ok'\n")
    state = task("lambda:invoke.waitForTaskToken", {"FunctionName": function}, TimeoutSeconds=30)

    assert _run(workflows, _role(workflows.base), state)["error"] == "Lambda.AWSLambdaException"


@pytest.mark.parametrize(
    ("resource", "arguments", "action", "target", "error"),
    [
        (
            "aws-sdk:cloudwatch:putMetricAlarm",
            {
                "AlarmName": "churn-errors",
                "Namespace": "n",
                "MetricName": "m",
                "Statistic": "Sum",
                "Period": 60,
                "EvaluationPeriods": 1,
                "Threshold": 1,
                "ComparisonOperator": "GreaterThanThreshold",
            },
            "cloudwatch:PutMetricAlarm",
            f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:churn-*",
            "CloudWatch.CloudWatchException",
        ),
        (
            "events:putEvents",
            {"Entries": [{"Source": "s", "DetailType": "d", "Detail": {}}]},
            "events:PutEvents",
            f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default",
            "EventBridge.AmazonEventBridgeException",
        ),
        (
            "dynamodb:putItem",
            {"TableName": "roles", "Item": {"pk": {"S": "a"}}},
            "dynamodb:PutItem",
            f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/roles",
            "DynamoDB.AmazonDynamoDBException",
        ),
    ],
)
def test_a_service_needs_its_action_on_its_resource(
    workflows: Workflows,
    resource: str,
    arguments: dict[str, Any],
    action: str,
    target: str,
    error: str,
) -> None:
    dynamodb = workflows.base.client("dynamodb")
    if "roles" not in dynamodb.list_tables()["TableNames"]:
        dynamodb.create_table(
            TableName="roles",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        )

    allowed = _run(workflows, _role(workflows.base, ([action], target)), task(resource, arguments))
    refused = _run(
        workflows, _role(workflows.base, ([action], target[:-5] + "x")), task(resource, arguments)
    )

    assert allowed["status"] == "SUCCEEDED", allowed.get("cause")
    assert refused["error"] == error


def test_a_role_is_handed_on_only_with_the_right_to_pass_it(workflows: Workflows) -> None:
    arguments = {
        "Name": "passes",
        "ScheduleExpression": "rate(1 day)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": "arn:aws:sqs:us-east-1:1:q", "RoleArn": workflows.role},
    }
    schedule = f"arn:aws:scheduler:us-east-1:{ACCOUNT}:schedule/default/passes"
    role = _role(workflows.base, (["scheduler:CreateSchedule"], schedule))

    made = _run(workflows, role, task("aws-sdk:scheduler:createSchedule", arguments))

    assert made["status"] == "FAILED"
    assert "iam:PassRole" in made["cause"]


def test_a_nested_execution_needs_to_be_watched_and_stopped(workflows: Workflows) -> None:
    child = workflows.machine({"End": {"Type": "Succeed"}})
    runs = f"{child.replace(':stateMachine:', ':execution:')}:*"
    rule = f"arn:aws:events:us-east-1:{ACCOUNT}:rule/StepFunctionsGetEvents*"
    start = (["states:StartExecution"], child)
    watch = (["states:DescribeExecution", "states:StopExecution"], runs)
    tell = (["events:PutTargets", "events:PutRule", "events:DescribeRule"], rule)
    state = task("states:startExecution.sync:2", {"StateMachineArn": child})

    whole = _run(workflows, _role(workflows.base, start, watch, tell), state)
    lacking = _run(workflows, _role(workflows.base, start), state)

    assert whole["status"] == "SUCCEEDED"
    assert "states:DescribeExecution" in lacking["cause"]


def test_without_the_repair_every_role_may_do_everything(
    base_without: Callable[..., BaseProcess],
) -> None:
    workflows = Workflows(base_without("sfn_role"))
    entries = {"Entries": [{"Source": "s", "DetailType": "d", "Detail": {}}]}

    end = _run(workflows, _role(workflows.base), task("events:putEvents", entries))

    assert end["status"] == "SUCCEEDED"


SILENT = {
    "AlarmName": "other-errors", "Namespace": "n", "MetricName": "m", "Statistic": "Sum",
    "Period": 60, "EvaluationPeriods": 1, "Threshold": 1,
    "ComparisonOperator": "GreaterThanThreshold",
}  # fmt: skip


def _trusting(base: BaseProcess, condition: dict[str, Any], *allowed: str) -> str:
    """A role of its own, which who fulfils the condition may assume."""
    iam = base.client("iam")
    name = f"other-{next(_numbers)}"
    trust = {
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                "Action": "sts:AssumeRole",
                "Condition": condition,
            }
        ]
    }
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": [*allowed], "Resource": "*"}],
    }
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    if allowed:
        iam.put_role_policy(RoleName=name, PolicyName="it", PolicyDocument=json.dumps(policy))
    return str(role["Arn"])


def _by_name(name: str) -> dict[str, Any]:
    return {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/{name}"}}


def _put_alarm(role: str) -> dict[str, Any]:
    return task("aws-sdk:cloudwatch:putMetricAlarm", SILENT, Credentials={"RoleArn": role})


def test_a_task_with_credentials_is_called_as_the_role_that_they_name(
    workflows: Workflows,
) -> None:
    base = workflows.base
    may = _trusting(base, _by_name("narrow-*"), "cloudwatch:PutMetricAlarm")
    may_not = _trusting(base, _by_name("narrow-*"), "cloudwatch:DeleteAlarms")
    machine = _role(base, (["sts:AssumeRole"], "*"))

    done = _run(workflows, machine, _put_alarm(may))
    refused = _run(workflows, machine, _put_alarm(may_not))

    assert done["status"] == "SUCCEEDED", done.get("cause")
    assert refused["error"] == "CloudWatch.CloudWatchException"
    assert f"assumed-role/{may_not.rpartition('/')[2]}/" in refused["cause"]
    (scheduled,) = [
        event["taskScheduledEventDetails"]
        for event in workflows.events(done["executionArn"])
        if "taskScheduledEventDetails" in event
    ]
    assert scheduled["taskCredentials"] == {"roleArn": may}


def test_credentials_may_be_an_expression(workflows: Workflows) -> None:
    role = _trusting(workflows.base, _by_name("narrow-*"), "cloudwatch:PutMetricAlarm")
    machine = _role(workflows.base, (["sts:AssumeRole"], role))

    assert _run(workflows, machine, _put_alarm(f"{{% '{role}' %}}"))["status"] == "SUCCEEDED"


def test_a_machine_assumes_a_role_only_if_it_may(workflows: Workflows) -> None:
    role = _trusting(workflows.base, _by_name("narrow-*"), "cloudwatch:PutMetricAlarm")
    machine = _role(workflows.base, (["cloudwatch:PutMetricAlarm"], "*"))

    refused = _run(workflows, machine, _put_alarm(role))

    assert refused["error"] == "States.Permissions"
    assert role in refused["cause"]


@pytest.mark.parametrize(
    "condition",
    [_by_name("somebody-*"), {"StringEquals": {"sts:ExternalId": "another machine"}}],
    ids=["another role", "another machine"],
)
def test_a_machine_assumes_a_role_only_if_that_trusts_it(
    workflows: Workflows, condition: dict[str, Any]
) -> None:
    role = _trusting(workflows.base, condition, "cloudwatch:PutMetricAlarm")
    machine = _role(workflows.base, (["sts:AssumeRole"], role))

    assert _run(workflows, machine, _put_alarm(role))["error"] == "States.Permissions"


def test_a_machine_is_known_to_the_role_by_its_arn(workflows: Workflows) -> None:
    arns = f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:machine-*"
    role = _trusting(
        workflows.base, {"StringLike": {"sts:ExternalId": arns}}, "cloudwatch:PutMetricAlarm"
    )
    machine = _role(workflows.base, (["sts:AssumeRole"], role))

    assert _run(workflows, machine, _put_alarm(role))["status"] == "SUCCEEDED"


def test_a_function_assumes_a_role_that_trusts_its_own_by_pattern(workflows: Workflows) -> None:
    """The condition sees the role, not the session."""
    body = """
        import boto3

        def handler(event, context):
            assumed = boto3.client("sts").assume_role(RoleArn=event, RoleSessionName="slipway")
            return assumed["AssumedRoleUser"]["Arn"]
        """
    function = workflows.function(body)
    role = _trusting(workflows.base, _by_name("al?"))
    other = _trusting(workflows.base, _by_name("somebody-*"))

    def asked(wanted: str) -> Any:
        answer = workflows.base.client("lambda").invoke(
            FunctionName=function, Payload=json.dumps(wanted)
        )
        return json.load(answer["Payload"])

    assert asked(role) == (f"arn:aws:sts::{ACCOUNT}:assumed-role/{role.rpartition('/')[2]}/slipway")
    assert "AccessDenied" in asked(other)["errorMessage"]
