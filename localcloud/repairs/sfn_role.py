"""Fault: a state machine may do anything, whatever its role allows.

On AWS each task is called as the state machine's role: what no policy of it allows fails with an
access error of the called service. Without this, a missing statement in template.yaml would only
show on AWS. A task with `Credentials` is called as the role that they name, if the machine's role
may assume it and it trusts the machine's. EventBridge's roles stay unchecked.
https://docs.aws.amazon.com/step-functions/latest/dg/service-integration-iam-templates.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ministack.core import iam_actions, iam_evaluator
from ministack.services import iam
from ministack.services import stepfunctions as sfn

from localcloud.repairs import base, sfn_control, sfn_sdk

Need = tuple[str, str, dict[str, str]]
"""An action, the resource it acts on, and condition keys."""

_SYNC_RULE = "StepFunctionsGetEventsForStepFunctionsExecutionRule"
_PASSED = {"RoleArn", "ExecutionRoleArn"}
_ERRORS = {
    "lambda": "Lambda.AWSLambdaException",
    "dynamodb": "DynamoDB.AmazonDynamoDBException",
    "states": "StepFunctions.AWSStepFunctionsException",
    "sqs": "SQS.AmazonSQSException",
    "sns": "SNS.AmazonSNSException",
    "events": "EventBridge.AmazonEventBridgeException",
}


def needs(resource: str, arguments: Any) -> Iterator[Need]:
    """Yield what the role of a task must allow, in the order in which AWS asks."""
    parts = resource.split(":")
    if ":::" not in resource:
        if parts[2] == "lambda":
            yield "lambda:InvokeFunction", resource, {}
    elif parts[5] == "aws-sdk":
        yield from _sdk_needs(parts[6].lower(), parts[7].partition(".")[0], arguments)
    else:
        yield from _optimized_needs(parts[5], parts[6], parts[7:], arguments)


def _optimized_needs(
    service: str, call: str, version: list[str], arguments: dict[str, Any]
) -> Iterator[Need]:
    name = call.partition(".")[0]
    if service == "lambda":
        function = arguments.get("FunctionName", "")
        arn = function if ":" in function else _arn("lambda", f"function:{function}")
        yield "lambda:InvokeFunction", arn, {}
    elif service == "dynamodb":
        yield f"dynamodb:{_upper(name)}", _arn("dynamodb", f"table/{arguments['TableName']}"), {}
    elif service == "states":
        machine = arguments.get("StateMachineArn", "")
        yield "states:StartExecution", machine, {}
        if call.endswith(".sync"):
            runs = f"{machine.replace(':stateMachine:', ':execution:')}:*"
            yield "states:DescribeExecution", runs, {}
            yield "states:StopExecution", runs, {}
            for action in ("PutTargets", "PutRule", "DescribeRule"):
                yield f"events:{action}", _arn("events", f"rule/{_SYNC_RULE}"), {}
    elif service == "sqs":
        yield f"sqs:{_upper(name)}", _arn("sqs", arguments["QueueUrl"].rpartition("/")[2]), {}
    elif service == "sns" and "TopicArn" in arguments:
        yield "sns:Publish", arguments["TopicArn"], {}
    elif service == "events":
        for entry in arguments.get("Entries", []):
            bus = entry.get("EventBusName", "default")
            arn = bus if ":" in bus else _arn("events", f"event-bus/{bus}")
            yield "events:PutEvents", arn, {}


def _sdk_needs(service: str, action: str, arguments: Any) -> Iterator[Need]:
    if service not in sfn_sdk.SERVICES:
        return
    handler, method, path, query, headers, body = sfn_sdk.request(service, action, arguments)
    scope = (sfn.get_region(), sfn.get_account_id())
    given = (handler, method, path, headers, body, query)
    name = iam_actions.extract_iam_action(*given)
    yield str(name), _alarm(arguments) or iam_actions.extract_resource_arn(*given, *scope), {}
    for role in _passed_roles(arguments):
        yield "iam:PassRole", role, {"iam:passedtoservice": f"{handler}.amazonaws.com"}


def _passed_roles(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _passed_roles(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key in _PASSED and isinstance(item, str):
                yield item
            else:
                yield from _passed_roles(item)


def _alarm(arguments: Any) -> str:
    """The base does not know the ARN of the alarm that a call makes."""
    name = arguments.get("AlarmName") if isinstance(arguments, dict) else None
    return _arn("cloudwatch", f"alarm:{name}") if name else ""


def _arn(service: str, rest: str) -> str:
    return f"arn:aws:{service}:{sfn.get_region()}:{sfn.get_account_id()}:{rest}"


def _upper(name: str) -> str:
    return f"{name[0].upper()}{name[1:]}"


def refusal(role: str, session: str, resource: str, arguments: Any) -> str:
    """Return AWS's sentence for the first permission that `role` lacks, or ""."""
    account, name = role.split(":")[4], role.rpartition("/")[2]
    who = caller(role, session)
    policies = iam_evaluator._gather_role_policies(name, account)
    for action, target, conditions in needs(resource, arguments):
        question = iam_evaluator.EvalContext(
            principal_arn=who,
            principal_type="AssumedRole",
            principal_account=account,
            action=action,
            resource_arn=target,
            region=sfn.get_region(),
            service_context=conditions,
        )
        if iam_evaluator.evaluate(question, policies).decision != "Allow":
            return (
                f"User: {who} is not authorized to perform: {action} on resource: {target} "
                f"because no identity-based policy allows the {action} action"
            )
    return ""


def caller(role: str, session: str) -> str:
    """Return the ARN of a session of `role`, which is whom a called service sees."""
    account, name = role.split(":")[4], role.rpartition("/")[2]
    return f"arn:aws:sts::{account}:assumed-role/{name}/{session}"


def _assumed(control: sfn_control.Control) -> str:
    """Return the role that a task is called as: the machine's, or that of its Credentials."""
    wanted = sfn_control.credentials.get()
    if not wanted:
        return control.role
    name = control.role.rpartition("/")[2]
    question = iam_evaluator.EvalContext(
        # Of a session, aws:PrincipalArn is its role.
        principal_arn=control.role,
        principal_type="AssumedRole",
        principal_account=control.role.split(":")[4],
        action="sts:AssumeRole",
        resource_arn=wanted,
        region=sfn.get_region(),
        service_context={"sts:externalid": control.machine},
    )
    policies = iam_evaluator._gather_role_policies(name, control.role.split(":")[4])
    allowed = iam_evaluator.evaluate(question, policies).decision == "Allow"
    trust = _trust_policy(wanted)
    if not (allowed and iam_evaluator.evaluate_trust_policy(trust, control.role, question)):
        cause = (
            f"The role {control.role} is not authorized to assume the task state's role, {wanted}."
        )
        raise sfn._ExecutionError("States.Permissions", cause)
    return wanted


def _trust_policy(role: str) -> str:
    stored = iam._roles.get(role.rpartition("/")[2]) or {}
    return str(stored.get("AssumeRolePolicyDocument", "{}"))


def _as_the_role(original: Callable[..., Any]) -> Callable[..., Any]:
    def invoke(resource: str, arguments: Any) -> Any:
        control = sfn_control.current()
        plain = resource.removesuffix(".waitForTaskToken")
        role = _assumed(control)
        refused = role and refusal(role, control.session, plain, arguments)
        if refused:
            raise sfn._ExecutionError(_error(plain), refused)
        pinned = iam_evaluator._request_caller_arn.set(caller(role, control.session))
        try:
            return original(resource, arguments)
        finally:
            iam_evaluator._request_caller_arn.reset(pinned)

    return invoke


def _error(resource: str) -> str:
    parts = resource.split(":")
    if ":::" in resource and parts[5] == "aws-sdk":
        prefix = sfn_sdk.SERVICES[parts[6].lower()][2]
        return f"{prefix}.{prefix}Exception"
    return _ERRORS.get(parts[5] if ":::" in resource else parts[2], "States.Permissions")


def install(_context: object) -> None:
    """Wrap the one door through which tasks call services."""
    base.wrap(sfn, "_invoke_resource", "fed097b9dfe60ae2", _as_the_role)
    base.expect(iam_evaluator, "evaluate", "169ae8e0bc22427f")
    base.expect(iam_evaluator, "_gather_role_policies", "608b21349aa54a12")
