"""Asynchronous calls of functions: how often they are tried and where failures end."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.integration.repairs.base_process import BaseProcess
from tests.integration.repairs.workflows import Workflows
from tests.support.waiting import wait_until

COUNTS_AND_FAILS = """
import os, boto3
class StillBrokenError(Exception): pass
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["TRIES"], MessageBody="try")
    if not event.get("detail", {}).get("fine"):
        raise StillBrokenError("again")
    return {"done": True}
"""


class Fixture:
    """A queue that counts tries, a dead-letter queue, and rules that call functions."""

    def __init__(self, base: BaseProcess, name: str) -> None:
        self.base = base
        self.sqs = base.client("sqs")
        self.tries, _ = self.queue(f"{name}-tries")
        self.dead, self.dead_arn = self.queue(f"{name}-dead")

    def queue(self, name: str) -> tuple[str, str]:
        url = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        answer = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return str(url), str(answer["Attributes"]["QueueArn"])

    def count(self, url: str) -> int:
        name = "ApproximateNumberOfMessages"
        answer = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
        return int(answer["Attributes"][name])

    def message(self, url: str) -> dict[str, Any]:
        def received() -> list[dict[str, Any]]:
            answer = self.sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])
            return list(answer.get("Messages", []))

        return wait_until(received, 15)[0]

    def rule(self, name: str, target: str, **more: Any) -> None:
        events = self.base.client("events")
        events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
        events.put_targets(Rule=name, Targets=[{"Id": "it", "Arn": target, **more}])

    def send(self, source: str, detail: dict[str, Any]) -> None:
        entry = {"Source": source, "DetailType": "test", "Detail": json.dumps(detail)}
        self.base.client("events").put_events(Entries=[entry])


def _function(workflows: Workflows, fixture: Fixture, **settings: Any) -> str:
    variables = {"TRIES": fixture.tries, "AWS_ENDPOINT_URL": fixture.base.endpoint_url}
    return workflows.function(COUNTS_AND_FAILS, Environment={"Variables": variables}, **settings)


def test_an_event_is_tried_three_times_and_then_lies_in_the_dead_letter_queue(
    workflows: Workflows,
) -> None:
    fixture = Fixture(workflows.base, "thrice")
    function = _function(workflows, fixture, DeadLetterConfig={"TargetArn": fixture.dead_arn})
    fixture.rule("thrice", function)

    fixture.send("thrice", {"id": 5})

    letter = fixture.message(fixture.dead)
    assert fixture.count(fixture.tries) == 3
    assert json.loads(letter["Body"])["detail"] == {"id": 5}
    assert letter["MessageAttributes"]["ErrorMessage"]["StringValue"] == "again"


def test_without_the_repair_an_event_is_tried_once(
    base_without: Callable[..., BaseProcess],
) -> None:
    workflows = Workflows(base_without("lambda_async"))
    fixture = Fixture(workflows.base, "once")
    function = _function(workflows, fixture, DeadLetterConfig={"TargetArn": fixture.dead_arn})
    fixture.rule("once", function)

    fixture.send("once", {"id": 5})

    wait_until(lambda: fixture.count(fixture.tries) == 1, 10)
    try:
        wait_until(lambda: fixture.count(fixture.dead) > 0, 2)
    except TimeoutError:
        return
    raise AssertionError("the base has learnt to retry: drop the repair")


def test_the_destination_gets_the_record_of_a_failed_call(workflows: Workflows) -> None:
    fixture = Fixture(workflows.base, "record")
    function = _function(workflows, fixture)
    client = workflows.base.client("lambda")
    client.put_function_event_invoke_config(
        FunctionName=function,
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": fixture.dead_arn}},
    )

    client.invoke(FunctionName=function, InvocationType="Event", Payload=b'{"a": 1}')

    record = json.loads(fixture.message(fixture.dead)["Body"])
    assert record["requestPayload"] == {"a": 1}
    assert record["requestContext"]["approximateInvokeCount"] == 1
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["responsePayload"]["errorType"] == "StillBrokenError"


def test_a_success_is_tried_once(workflows: Workflows) -> None:
    fixture = Fixture(workflows.base, "fine")
    function = _function(workflows, fixture, DeadLetterConfig={"TargetArn": fixture.dead_arn})
    client = workflows.base.client("lambda")
    client.put_function_event_invoke_config(
        FunctionName=function,
        DestinationConfig={"OnSuccess": {"Destination": fixture.dead_arn}},
    )
    fixture.rule("fine", function)

    fixture.send("fine", {"fine": True})

    assert json.loads(fixture.message(fixture.dead)["Body"])["responsePayload"] == {"done": True}
    assert fixture.count(fixture.tries) == 1


def test_an_event_for_a_missing_machine_goes_to_the_dead_letters_of_its_target(
    workflows: Workflows,
) -> None:
    fixture = Fixture(workflows.base, "missing")
    machine = "arn:aws:states:us-east-1:000000000000:stateMachine:nobody"
    fixture.rule(
        "missing",
        machine,
        RoleArn=workflows.role,
        DeadLetterConfig={"Arn": fixture.dead_arn},
    )

    fixture.send("missing", {"id": 9})

    letter = fixture.message(fixture.dead)
    assert json.loads(letter["Body"])["detail"] == {"id": 9}
    assert letter["MessageAttributes"]["TARGET_ARN"]["StringValue"] == machine


def test_a_function_behind_a_topic_is_tried_again(workflows: Workflows) -> None:
    fixture = Fixture(workflows.base, "topic")
    function = _function(workflows, fixture, DeadLetterConfig={"TargetArn": fixture.dead_arn})
    sns = workflows.base.client("sns")
    topic = sns.create_topic(Name="failing")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function)

    sns.publish(TopicArn=topic, Message="hello")

    letter = json.loads(fixture.message(fixture.dead)["Body"])
    assert letter["Records"][0]["Sns"]["Message"] == "hello"
    assert fixture.count(fixture.tries) == 3
