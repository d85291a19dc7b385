"""Every function and state machine may do what it does, and by its own policy nothing else."""

from typing import Any

import pytest

from tests.support import asl, calls, template

PREFIX = {
    "sagemaker-runtime": "sagemaker",
    "stepfunctions": "states",
    "sfn": "states",
    "sesv2": "ses",
}
# Where an action of IAM is not called as its operation is.
OTHERWISE = {
    ("s3", "ListObjectsV2"): "s3:ListBucket",
    ("s3", "ListObjects"): "s3:ListBucket",
    ("s3", "HeadObject"): "s3:GetObject",
    ("s3", "HeadBucket"): "s3:ListBucket",
}
# What AWS does in the caller's name when it is asked for something else.
FOR_AWS = {
    "application-autoscaling:PutScalingPolicy": {
        "cloudwatch:PutMetricAlarm", "cloudwatch:DescribeAlarms", "cloudwatch:DeleteAlarms",
    },
    "application-autoscaling:RegisterScalableTarget": {
        "iam:CreateServiceLinkedRole", "sagemaker:DescribeEndpoint",
        "sagemaker:DescribeEndpointConfig", "sagemaker:UpdateEndpointWeightsAndCapacities",
    },
    # Volumes are encrypted by a grant on the key that stages.yaml names.
    "sagemaker:CreateEndpointConfig": {"kms:CreateGrant", "kms:DescribeKey"},
    # A schedule is given the role that it runs with.
    "scheduler:CreateSchedule": {"iam:PassRole"},
    # A pipeline is given its role and its tags, and its definition is read from S3.
    "sagemaker:CreatePipeline": {"iam:PassRole", "s3:GetObject", "sagemaker:AddTags"},
    # Without it S3 answers a key that is not there with 403 instead of 404.
    "s3:GetObject": {"s3:ListBucket"},
}  # fmt: skip
FUNCTIONS = template.functions()


def action(service: str, operation: str) -> str:
    """The IAM action that an operation needs."""
    default = f"{PREFIX.get(service, service)}:{operation}"
    return OTHERWISE.get((service, operation), default)


def needed(name: str) -> set[str]:
    """What the handler of a function can call."""
    reached = calls.of_handler(template.folder(name)).calls
    return {action(service, calls.operation_name(service, op)) for service, op in reached}


def inline(properties: dict[str, Any]) -> list[Any]:
    """The policies that are written at the function itself."""
    return [policy for policy in properties.get("Policies", []) if "Statement" in policy]


def test_the_reader_of_sources_finds_what_is_known() -> None:
    assert {"dynamodb:PutItem", "states:StartExecution"} <= needed("StartBuildFunction")
    assert "sagemaker:InvokeEndpoint" in needed("TestEndpointFunction")
    assert "s3:ListBucket" in needed("FetchSourceFunction")
    assert "sagemaker:DeleteEndpoint" in needed("TearDownStagingFunction")
    assert "sagemaker:DeleteEndpoint" not in needed("AwaitEndpointFunction")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_may_do_everything_that_it_does(name: str) -> None:
    missing = needed(name) - template.actions(FUNCTIONS[name].get("Policies", []))

    assert not missing, f"{name} calls, and its policies do not allow: {sorted(missing)}"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_may_do_nothing_by_its_own_policy_that_it_does_not(name: str) -> None:
    wanted = needed(name)
    wanted |= {extra for one in wanted for extra in FOR_AWS.get(one, ())}
    unused = template.actions(inline(FUNCTIONS[name])) - wanted

    assert not unused, f"{name} is allowed, and never calls: {sorted(unused)}"


def _machine_needs(path: Any) -> set[str]:
    wanted: set[str] = set()
    for state in asl.states(path):
        if not state.is_task:
            continue
        if "lambda:invoke" in state.resource:
            wanted.add("lambda:InvokeFunction")
        elif "states:startExecution.sync" in state.resource:
            # https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html
            wanted |= {"states:StartExecution", "states:DescribeExecution", "states:StopExecution"}
            wanted |= {"events:PutTargets", "events:PutRule", "events:DescribeRule"}
        elif "Credentials" in state.body:
            wanted.add("sts:AssumeRole")
        else:
            wanted |= sdk_needs(state)
    return wanted


def sdk_needs(state: asl.State) -> set[str]:
    """What the role must allow under which a task calls AWS."""
    called = asl.sdk_call(state.resource)
    assert called, f"{state}: {state.resource}"
    service, camel = called
    wanted = {action(service, camel[0].upper() + camel[1:])}
    given = state.body["Arguments"]
    # What is passed whole has tags (planning.py); a model has a role.
    tags = (isinstance(given, str) and camel != "updateEndpoint") or "Tags" in given
    if tags and service == "sagemaker":
        wanted.add("sagemaker:AddTags")
    if tags and service == "cloudwatch":
        wanted.add("cloudwatch:TagResource")
    if "RoleArn" in given or camel == "createModel":
        wanted.add("iam:PassRole")
    if "PipelineDefinitionS3Location" in given:
        wanted.add("s3:GetObject")
    return wanted


@pytest.mark.parametrize("name", template.state_machines())
def test_a_state_machine_may_do_everything_that_it_does(name: str) -> None:
    properties = template.state_machines()[name]
    path = asl.FOLDER.parent / properties["DefinitionUri"]
    missing = _machine_needs(path) - template.actions(properties["Policies"])

    assert not missing, f"{name} calls, and its role does not allow: {sorted(missing)}"


@pytest.mark.parametrize("name", template.state_machines())
def test_a_state_machine_may_call_every_function_that_it_names_and_no_other(name: str) -> None:
    properties = template.state_machines()[name]
    named = {
        value["Fn::GetAtt"]
        for key, value in properties["DefinitionSubstitutions"].items()
        if key.endswith("FunctionArn")
    }
    allowed: set[str] = set()
    for statement in template.statements(properties["Policies"]):
        if "lambda:InvokeFunction" in statement["Action"]:
            allowed |= {resource["Fn::GetAtt"] for resource in statement["Resource"]}

    assert allowed == named


def test_the_roles_that_are_passed_are_named_and_only_to_sagemaker() -> None:
    for properties in template.state_machines().values():
        for statement in template.statements(properties["Policies"]):
            if "iam:PassRole" in statement["Action"]:
                assert statement["Action"] == ["iam:PassRole"]
                assert statement["Resource"] != "*"
                to = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
                assert statement["Condition"] == to
