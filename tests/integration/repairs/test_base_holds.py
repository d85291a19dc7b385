"""What Slipway's design stands on and the base does as AWS does: kept true by these tests."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.repairs.base_process import BaseProcess
from tests.support.waiting import wait_until

_TABLE = "ledger"


@pytest.fixture(scope="module")
def table(repaired: BaseProcess) -> Any:
    dynamodb = repaired.client("dynamodb")
    dynamodb.create_table(
        TableName=_TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
    )
    return dynamodb


def _item(pk: str, sk: str, **more: Any) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}, **more}


def test_a_condition_decides_a_race(table: Any) -> None:
    put = {"TableName": _TABLE, "Item": _item("turn", "a", owner={"S": "me"})}
    table.put_item(**put, ConditionExpression="attribute_not_exists(pk)")

    with pytest.raises(table.exceptions.ConditionalCheckFailedException) as refused:
        table.put_item(
            **put,
            ConditionExpression="attribute_not_exists(pk) OR #o = :other",
            ExpressionAttributeNames={"#o": "owner"},
            ExpressionAttributeValues={":other": {"S": "you"}},
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )

    assert refused.value.response["Item"]["owner"] == {"S": "me"}


def test_a_transaction_happens_whole_or_not_at_all(table: Any) -> None:
    table.put_item(TableName=_TABLE, Item=_item("tx", "taken"))
    items = [
        {"Put": {"TableName": _TABLE, "Item": _item("tx", "new")}},
        {
            "Put": {
                "TableName": _TABLE,
                "Item": _item("tx", "taken"),
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        },
    ]

    with pytest.raises(table.exceptions.TransactionCanceledException) as cancelled:
        table.transact_write_items(TransactItems=items)

    codes = [reason["Code"] for reason in cancelled.value.response["CancellationReasons"]]
    assert codes == ["None", "ConditionalCheckFailed"]
    assert "Item" not in table.get_item(TableName=_TABLE, Key=_item("tx", "new"))


def test_an_update_counts_appends_and_returns(table: Any) -> None:
    answer = table.update_item(
        TableName=_TABLE,
        Key=_item("u", "1"),
        UpdateExpression=(
            "SET n = if_not_exists(n, :zero) + :one, "
            "steps = list_append(if_not_exists(steps, :none), :entry) REMOVE former ADD topics :tag"
        ),
        ExpressionAttributeValues={
            ":zero": {"N": "0"},
            ":one": {"N": "1"},
            ":none": {"L": []},
            ":entry": {"L": [{"S": "made"}]},
            ":tag": {"SS": ["x"]},
        },
        ReturnValues="ALL_NEW",
    )

    assert answer["Attributes"]["n"] == {"N": "1"}
    assert answer["Attributes"]["steps"] == {"L": [{"S": "made"}]}


def test_a_query_reads_a_range_backwards_page_by_page(table: Any) -> None:
    for number in range(5):
        table.put_item(TableName=_TABLE, Item=_item("q", f"t#{number}"))
    pages = table.get_paginator("query").paginate(
        TableName=_TABLE,
        KeyConditionExpression="pk = :p AND begins_with(sk, :t)",
        ExpressionAttributeValues={":p": {"S": "q"}, ":t": {"S": "t#"}},
        ScanIndexForward=False,
        PaginationConfig={"PageSize": 2},
    )

    found = [item["sk"]["S"] for page in pages for item in page["Items"]]

    assert found == ["t#4", "t#3", "t#2", "t#1", "t#0"]


def test_numbers_keep_their_digits(table: Any) -> None:
    table.put_item(TableName=_TABLE, Item=_item("n", "1", auc={"N": "0.9312345678901234567"}))

    item = table.get_item(TableName=_TABLE, Key=_item("n", "1"))["Item"]

    assert Decimal(item["auc"]["N"]) == Decimal("0.9312345678901234567")


def _heard(base: BaseProcess, name: str, pattern: dict[str, Any], **target: Any) -> str:
    sqs, events = base.client("sqs"), base.client("events")
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    answer = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    arn = answer["Attributes"]["QueueArn"]
    events.put_targets(Rule=name, Targets=[{"Id": "q", "Arn": arn, **target}])
    return str(queue)


def _receive(base: BaseProcess, queue: str) -> str:
    def received() -> list[dict[str, Any]]:
        return list(base.client("sqs").receive_message(QueueUrl=queue).get("Messages", []))

    return str(wait_until(received, 10)[0]["Body"])


def test_a_new_object_is_an_event(repaired: BaseProcess) -> None:
    s3 = repaired.client("s3")
    s3.create_bucket(Bucket="arriving")
    s3.put_bucket_notification_configuration(
        Bucket="arriving", NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    pattern = {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": ["arriving"]}, "object": {"key": [{"prefix": "data/"}]}},
    }
    queue = _heard(repaired, "arriving", pattern)

    s3.put_object(Bucket="arriving", Key="other/x.csv", Body=b"1")
    s3.put_object(Bucket="arriving", Key="data/x.csv", Body=b"1,2")

    detail = json.loads(_receive(repaired, queue))["detail"]
    assert detail["object"]["key"] == "data/x.csv"
    assert detail["object"]["size"] == 3
    assert detail["reason"] == "PutObject"


@pytest.mark.parametrize(
    ("rule", "detail", "matches"),
    [
        ({"s": [{"anything-but": ["a", "b"]}]}, {"s": "c"}, True),
        ({"s": [{"anything-but": ["a", "b"]}]}, {"s": "a"}, False),
        ({"s": [{"anything-but": {"prefix": "x"}}]}, {"s": "yx"}, True),
        ({"s": [{"exists": False}]}, {}, True),
        ({"s": [{"exists": False}]}, {"s": "a"}, False),
        ({"s": [{"exists": True}]}, {"s": "a"}, True),
        ({"s": [{"prefix": "refs/heads/"}]}, {"s": "refs/heads/main"}, True),
        ({"s": [{"suffix": ".csv"}]}, {"s": "a.tsv"}, False),
        ({"s": [{"numeric": [">", 3, "<=", 5]}]}, {"s": 5}, True),
        ({"l": ["ModelApprovalStatus"]}, {"l": ["Other", "ModelApprovalStatus"]}, True),
        ({"$or": [{"s": ["a"]}, {"t": ["b"]}]}, {"t": "b"}, True),
        ({"l": [{"exists": False}, "x"]}, {}, True),
        ({"d": {"e": [{"equals-ignore-case": "ab"}]}}, {"d": {"e": "AB"}}, True),
    ],
)
def test_a_pattern_matches_what_aws_matches(
    repaired: BaseProcess, rule: dict[str, Any], detail: dict[str, Any], matches: bool
) -> None:
    event = {
        "id": "1",
        "version": "0",
        "account": "000000000000",
        "time": "2026-01-01T00:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "source": "slipway",
        "detail-type": "Test",
        "detail": detail,
    }

    answer = repaired.client("events").test_event_pattern(
        EventPattern=json.dumps({"detail": rule}), Event=json.dumps(event)
    )

    assert answer["Result"] is matches


def test_a_transformer_selects_and_renames(repaired: BaseProcess) -> None:
    transformer = {
        "InputPathsMap": {"arn": "$.detail.arn", "list": "$.detail.list", "id": "$.id"},
        "InputTemplate": '{"version": <arn>, "list": <list>, "name": "release-<arn>", "id": <id>}',
    }
    queue = _heard(
        repaired, "transformed", {"source": ["transformed"]}, InputTransformer=transformer
    )

    detail = {"arn": "a:b/7", "list": [1, {"x": 2}]}
    repaired.client("events").put_events(
        Entries=[{"Source": "transformed", "DetailType": "t", "Detail": json.dumps(detail)}]
    )

    body = json.loads(_receive(repaired, queue))
    assert body["version"] == "a:b/7"
    assert body["list"] == [1, {"x": 2}]
    assert body["name"] == "release-a:b/7"
    assert body["id"]


def test_people_may_not_speak_for_aws(repaired: BaseProcess) -> None:
    answer = repaired.client("events").put_events(
        Entries=[{"Source": "aws.sagemaker", "DetailType": "t", "Detail": "{}"}]
    )

    assert answer["Entries"][0]["ErrorCode"] == "NotAuthorizedForSourceException"


def test_a_queue_hands_to_its_dead_letter_queue(repaired: BaseProcess) -> None:
    sqs = repaired.client("sqs")
    dead = sqs.create_queue(QueueName="redriven-dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]
    policy = {"deadLetterTargetArn": arn["QueueArn"], "maxReceiveCount": "1"}
    queue = sqs.create_queue(
        QueueName="redriven",
        Attributes={"RedrivePolicy": json.dumps(policy), "VisibilityTimeout": "0"},
    )["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="bad")

    sqs.receive_message(QueueUrl=queue)
    sqs.receive_message(QueueUrl=queue)

    assert _receive(repaired, dead) == "bad"


def test_a_secret_is_generated_versioned_and_rotated(repaired: BaseProcess) -> None:
    secrets = repaired.client("secretsmanager")
    template = {
        "Resources": {
            "Links": {
                "Type": "AWS::SecretsManager::Secret",
                "Properties": {
                    "Name": "links",
                    "GenerateSecretString": {
                        "SecretStringTemplate": '{"kid": "1"}',
                        "GenerateStringKey": "key",
                        "PasswordLength": 64,
                        "ExcludePunctuation": True,
                    },
                },
            },
            "Log": {
                "Type": "AWS::Logs::LogGroup",
                "Properties": {"LogGroupName": "/slipway/x", "RetentionInDays": 30},
            },
        }
    }
    cloudformation = repaired.client("cloudformation")
    cloudformation.create_stack(StackName="secret", TemplateBody=json.dumps(template))
    wait_until(
        lambda: (
            cloudformation.describe_stacks(StackName="secret")["Stacks"][0]["StackStatus"]
            == "CREATE_COMPLETE"
        )
    )

    first = secrets.get_secret_value(SecretId="links")
    secrets.put_secret_value(SecretId="links", SecretString="next")
    second = secrets.get_secret_value(SecretId="links")
    previous = secrets.get_secret_value(SecretId="links", VersionStage="AWSPREVIOUS")

    value = json.loads(first["SecretString"])
    assert value["kid"] == "1"
    assert len(value["key"]) == 64
    assert value["key"].isalnum()
    assert second["SecretString"] == "next"
    assert second["VersionId"] != first["VersionId"]
    assert previous["VersionId"] == first["VersionId"]
    groups = repaired.client("logs").describe_log_groups(logGroupNamePrefix="/slipway/x")
    assert groups["logGroups"][0]["retentionInDays"] == 30


def test_a_mail_from_an_unverified_sender_is_rejected(repaired: BaseProcess) -> None:
    with pytest.raises(ClientError, match="not verified"):
        repaired.client("sesv2").send_email(
            FromEmailAddress="nobody@unverified.example",
            Destination={"ToAddresses": ["jo@example.org"]},
            Content={"Simple": {"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "y"}}}},
        )


def test_an_alarm_on_a_metric_goes_off(repaired: BaseProcess) -> None:
    cloudwatch = repaired.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="too-many",
        Namespace="Slipway",
        MetricName="Failures",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
    )

    cloudwatch.put_metric_data(
        Namespace="Slipway",
        MetricData=[{"MetricName": "Failures", "Value": 3, "Timestamp": time.time()}],
    )

    def state() -> bool:
        alarms = cloudwatch.describe_alarms(AlarmNames=["too-many"])["MetricAlarms"]
        return bool(alarms[0]["StateValue"] == "ALARM")

    assert wait_until(state, 15)


def test_an_alarm_whose_data_has_passed_goes_off_again_by_the_next_value(
    repaired: BaseProcess,
) -> None:
    cloudwatch = repaired.client("cloudwatch")
    period = 10
    cloudwatch.put_metric_alarm(
        AlarmName="each-time",
        Namespace="Slipway",
        MetricName="Each",
        Statistic="Maximum",
        Period=period,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
    )

    def put(at: float) -> None:
        data = [{"MetricName": "Each", "Value": 1, "Timestamp": at}]
        cloudwatch.put_metric_data(Namespace="Slipway", MetricData=data)

    def fired() -> int:
        items = cloudwatch.describe_alarm_history(
            AlarmName="each-time", HistoryItemType="StateUpdate"
        )["AlarmHistoryItems"]
        return sum(one["HistorySummary"].endswith("to ALARM") for one in items)

    first = time.time() - period + 2
    put(first)
    assert wait_until(fired, 5) == 1
    wait_until(lambda: time.time() > first + period + 0.5, 10)
    put(time.time())

    assert wait_until(lambda: fired() == 2, 5)


def test_an_expired_item_is_deleted_or_at_least_marked(table: Any) -> None:
    table.update_time_to_live(
        TableName=_TABLE,
        TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"},
    )

    described = table.describe_time_to_live(TableName=_TABLE)["TimeToLiveDescription"]

    assert described == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
