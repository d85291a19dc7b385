"""The template's own rules: one name for one thing, tags, queues, logs, narrow policies."""

import re
from pathlib import Path
from typing import Any

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from tests.support import template

ROOT = Path(__file__).parents[2]
FUNCTIONS = template.functions()
NOT_FUNCTIONS = {"adapters", "domain"}
TAGS = {"sagemaker:project-name": "ProjectName", "sagemaker:project-id": "ProjectId"}
# Properties that name a thing for the whole account; a second stack would collide.
PHYSICAL = {
    "AlarmName", "BucketName", "FunctionName", "LogGroupName", "ManagedPolicyName",
    "ModelPackageGroupName", "Name", "PolicyName", "QueueName", "RepositoryName", "RoleName",
    "TableName", "TopicName",
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_folder_function_logical_id_and_handler_agree(name: str) -> None:
    folder = template.folder(name)

    assert name.endswith("Function")
    assert FUNCTIONS[name]["Handler"] == f"{folder}.handler.handler"
    assert (ROOT / "functions" / folder / "handler.py").is_file()


def test_a_sender_of_mails_has_somebody_to_write_to() -> None:
    rule = template.template()["Rules"]["SomebodyGetsTheMails"]
    assert rule["RuleCondition"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "SenderEmail"}, ""]}]}
    (assertion,) = rule["Assertions"]
    assert assertion["Assert"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "Approvers"}, ""]}]}


def test_every_folder_of_a_function_is_in_the_template() -> None:
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/*.py")} - NOT_FUNCTIONS

    assert folders == {template.folder(name) for name in FUNCTIONS}


def _names_stack(value: Any) -> bool:
    text = str(value)
    return "AWS::StackName" in text or bool(re.search(r"\{'Ref': '[A-Z]\w+'\}", text))


@pytest.mark.parametrize("name", template.resources())
def test_no_physical_name_is_hard_coded(name: str) -> None:
    properties = template.resources()[name].get("Properties", {})

    for key in PHYSICAL & set(properties):
        assert _names_stack(properties[key]), f"{name}.{key} would collide with a second stack"


def _taggable(kind: str) -> bool:
    # SAM's layer is Lambda's, which has no tags.
    kind = kind.replace("Serverless::LayerVersion", "Lambda::LayerVersion")
    if kind.startswith("AWS::Serverless::"):
        return True
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    return "Tags" in schema["properties"]


def _tags(resource: dict[str, Any]) -> dict[str, Any]:
    if resource["Type"] == "AWS::Serverless::Function":
        return dict(template.template()["Globals"]["Function"]["Tags"])
    tags = resource["Properties"].get("Tags", {})
    return dict(tags) if isinstance(tags, dict) else {t["Key"]: t["Value"] for t in tags}


@pytest.mark.parametrize("name", template.resources())
def test_whatever_can_have_tags_has_the_two_of_the_project(name: str) -> None:
    resource = template.resources()[name]
    if _taggable(resource["Type"]):
        found = _tags(resource)
        assert {key: found.get(key) for key in TAGS} == {k: {"Ref": v} for k, v in TAGS.items()}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_functions_role_has_no_more_managed_policies_than_iam_allows(name: str) -> None:
    """Ten by default; SAM adds the one for logs and the one for traces."""
    managed = [one for one in FUNCTIONS[name].get("Policies", []) if "Ref" in one]

    assert len(managed) + 2 <= 10


def _events(kind: str) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (name, event_name, event["Properties"])
        for name, properties in FUNCTIONS.items()
        for event_name, event in properties.get("Events", {}).items()
        if event["Type"] == kind
    ]


@pytest.mark.parametrize(
    ("name", "event", "properties"),
    [*_events("EventBridgeRule"), *_events("ScheduleV2"), *_events("Schedule")],
)
def test_an_event_that_cannot_be_handled_is_kept(
    name: str, event: str, properties: dict[str, Any]
) -> None:
    """Both on the way to the function and after its retries."""
    queue = {"Fn::GetAtt": "DeadLetters.Arn"}

    assert properties["DeadLetterConfig"]["Arn"] == queue, f"{name}.{event}"
    assert FUNCTIONS[name]["DeadLetterQueue"] == {"Type": "SQS", "TargetArn": queue}


def test_somebody_hears_of_a_dead_letter() -> None:
    alarms = template.resources("AWS::CloudWatch::Alarm").values()
    watched = [str(alarm["Properties"].get("Dimensions")) for alarm in alarms]

    assert any("DeadLetters" in dimensions for dimensions in watched)


def test_every_log_is_kept_for_a_time_that_is_said() -> None:
    groups = template.resources("AWS::Logs::LogGroup")

    assert groups
    for group in groups.values():
        assert group["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    shared = template.template()["Globals"]["Function"]["LoggingConfig"]
    assert shared == {"LogFormat": "JSON", "LogGroup": {"Ref": "FunctionLogs"}}


@pytest.mark.parametrize("name", template.state_machines())
def test_a_state_machine_logs_its_errors_but_no_task_token(name: str) -> None:
    logging = template.state_machines()[name]["Logging"]

    assert logging["Destinations"]
    assert logging["IncludeExecutionData"] is False


def test_no_policy_allows_every_action() -> None:
    """The one `s3:*` is a Deny: nothing may be done without TLS."""

    def wide(value: Any, allows: bool) -> list[Any]:
        if isinstance(value, list):
            return [found for inner in value for found in wide(inner, allows)]
        if not isinstance(value, dict):
            return []
        allows = value.get("Effect", "Allow") == "Allow"
        given = value.get("Action", [])
        given = given if isinstance(given, list) else [given]
        found = [one for one in given if "*" in str(one) and allows]
        return found + [f for inner in value.values() for f in wide(inner, allows)]

    assert wide(template.template()["Resources"], True) == []


def test_a_policy_for_every_resource_says_why() -> None:
    lines = template.PATH.read_text().splitlines()

    for number, line in enumerate(lines):
        if re.fullmatch(r'\s*Resource: "?\*"?', line):
            above = lines[:number]
            start = max(i for i, text in enumerate(above) if re.match(r"\s*- Effect:", text))
            assert re.match(r"\s*# \w", above[start - 1]), f"line {number + 1} gives no reason"


def test_what_is_stored_is_encrypted_at_rest() -> None:
    """Task tokens lie in the ledger, links in what waits for people."""
    shown = {
        "AWS::DynamoDB::Table": lambda p: p["SSESpecification"]["SSEEnabled"],
        "AWS::S3::Bucket": lambda p: p["BucketEncryption"],
        "AWS::SQS::Queue": lambda p: p["SqsManagedSseEnabled"],
    }
    for kind, is_encrypted in shown.items():
        stored = template.resources(kind)
        assert stored
        assert all(is_encrypted(one["Properties"]) for one in stored.values()), kind
    assert template.resources()["Notifications"]["Properties"]["KmsMasterKeyId"]


@pytest.mark.parametrize("name", template.resources("AWS::CloudWatch::Alarm"))
def test_an_alarm_can_reach_the_topic_that_it_acts_on(name: str) -> None:
    """CloudWatch may not use SNS's own key: the action of such an alarm fails unheard.

    https://repost.aws/knowledge-center/cloudwatch-configure-alarm-sns
    """
    for action in template.resources()[name]["Properties"].get("AlarmActions", []):
        topic = template.resources()[action["Ref"]]
        assert topic["Type"] == "AWS::SNS::Topic"
        assert "KmsMasterKeyId" not in topic["Properties"]


def test_what_outlives_the_stack_is_kept_on_purpose() -> None:
    for kind in ("S3::Bucket", "CodeCommit::Repository", "SageMaker::ModelPackageGroup"):
        for resource in template.resources(f"AWS::{kind}").values():
            assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"
