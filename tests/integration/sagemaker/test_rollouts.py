"""Deployment guardrails: canary, linear, alarms that roll back, and what is told meanwhile."""

from __future__ import annotations

import json
import threading
from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.sagemaker.conftest import Studio, answering
from tests.support.waiting import wait_until

# Waits last a tenth of what is asked for: see the cloud fixture.
CANARY = {
    "Type": "CANARY",
    "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 50},
    "WaitIntervalInSeconds": 20,
}


def policy(routing: dict[str, Any], *alarms: str, end: int = 5) -> dict[str, Any]:
    made: dict[str, Any] = {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": routing,
            "TerminationWaitInSeconds": end,
        }
    }
    if alarms:
        made["AutoRollbackConfiguration"] = {"Alarms": [{"AlarmName": name} for name in alarms]}
    return made


class Client(threading.Thread):
    """Asks an endpoint without a pause and counts what came back."""

    def __init__(self, studio: Studio, name: str) -> None:
        super().__init__(daemon=True)
        self.studio, self.endpoint = studio, name
        self.seen: Counter[str] = Counter()
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.01):
            try:
                self.seen[self.studio.ask(self.endpoint)] += 1
            except ClientError as error:
                self.seen[error.response["Error"]["Code"]] += 1

    def __enter__(self) -> Client:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.join(10)


def heard(studio: Studio, name: str) -> list[dict[str, Any]]:
    """Every endpoint event about ``name`` that the bus saw, oldest first."""
    sqs = studio.context.client("sqs")
    queue = sqs.get_queue_url(QueueName=f"heard-{name}")["QueueUrl"]
    found: list[dict[str, Any]] = []
    while True:
        got = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        if not got:
            return found
        found += [json.loads(message["Body"]) for message in got]
        for message in got:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])


def listen(studio: Studio, name: str) -> None:
    """Put every endpoint event about ``name`` into a queue from now on."""
    sqs, events = studio.context.client("sqs"), studio.context.client("events")
    url = sqs.create_queue(QueueName=f"heard-{name}")["QueueUrl"]
    wanted = {"QueueUrl": url, "AttributeNames": ["QueueArn"]}
    arn = sqs.get_queue_attributes(**wanted)["Attributes"]["QueueArn"]
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": arn,
            }
        ],
    }
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    pattern = {"source": ["aws.sagemaker"], "detail": {"EndpointName": [name]}}
    events.put_rule(Name=f"hear-{name}", EventPattern=json.dumps(pattern))
    events.put_targets(Rule=f"hear-{name}", Targets=[{"Id": "queue", "Arn": arn}])


def alarm(studio: Studio, name: str, metric: str, config: str, threshold: float) -> str:
    """An alarm on the new fleet's average of a metric; returns its name."""
    studio.context.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/SageMaker",
        MetricName=metric,
        Dimensions=[
            {"Name": "EndpointName", "Value": config.rpartition("-")[0]},
            {"Name": "VariantName", "Value": "AllTraffic"},
            {"Name": "EndpointConfigName", "Value": config},
        ],
        Statistic="Average",
        Period=60,
        EvaluationPeriods=1,
        Threshold=threshold,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
    )
    return name


def test_a_canary_takes_its_share_then_everything_and_tells_each_step(studio: Studio) -> None:
    name = studio.endpoint("canary", answering("one"))
    listen(studio, name)
    second = studio.config("canary-2", studio.model("canary-2", answering("two")))
    with Client(studio, name) as client:
        studio.sm.update_endpoint(
            EndpointName=name, EndpointConfigName=second, DeploymentConfig=policy(CANARY)
        )

        def baking() -> dict[str, Any] | None:
            summary = studio.sm.describe_endpoint(EndpointName=name).get("PendingDeploymentSummary")
            states = [
                s for v in (summary or {}).get("ProductionVariants", []) for s in v["VariantStatus"]
            ]
            return summary if any(state["Status"] == "Baking" for state in states) else None

        summary = wait_until(baking)
        client.seen.clear()
        doc = studio.settled(name)
    assert summary["EndpointConfigName"] == second
    status = summary["ProductionVariants"][0]["VariantStatus"][0]
    assert status["StatusMessage"] == (
        "Baking for 20 seconds (WaitIntervalInSeconds) with traffic enabled on canary capacity of "
        "1 instance(s)."
    )
    assert set(client.seen) == {"one", "two"}
    assert client.seen["one"] > 10
    assert doc["EndpointConfigName"] == second
    assert doc["LastDeploymentConfig"] == policy(CANARY)
    assert "PendingDeploymentSummary" not in doc
    _check_events(heard(studio, name), second)


def _check_events(events: list[dict[str, Any]], second: str) -> None:
    state = [e["detail"] for e in events if e["detail-type"] == "SageMaker Endpoint State Change"]
    assert [each["EndpointStatus"] for each in state] == ["UPDATING", "IN_SERVICE"]
    assert state[-1]["EndpointConfigName"] == second
    assert isinstance(state[-1]["CreationTime"], int)
    moves = [
        each["detail"]["PendingDeploymentSummary"]["ProductionVariants"][0]["VariantStatus"][0]
        for each in events
        if each["detail-type"] == "SageMaker Endpoint Deployment State Change"
        and "PendingDeploymentSummary" in each["detail"]
    ]
    assert [move["Status"] for move in moves] == [
        "Creating", "ActivatingTraffic", "Baking", "ActivatingTraffic", "Baking",
    ]  # fmt: skip


def test_an_alarm_on_errors_of_the_new_fleet_brings_the_old_one_back(studio: Studio) -> None:
    name = studio.endpoint("guarded", answering("good"))
    bad = answering("bad").replace("return body", "raise RuntimeError('broken model')")
    second = studio.config("guarded-2", studio.model("guarded-2", bad))
    guard = alarm(studio, "guarded-5xx", "Invocation5XXErrors", second, 0.1)
    listen(studio, name)
    with Client(studio, name) as client:
        studio.sm.update_endpoint(
            EndpointName=name, EndpointConfigName=second, DeploymentConfig=policy(CANARY, guard)
        )
        doc = studio.settled(name)
        before = client.seen["ModelError"]
        wait_until(lambda: client.seen["good"] > 50)
        assert client.seen["ModelError"] == before
    assert doc["EndpointStatus"] == "InService"
    assert doc["EndpointConfigName"] == "guarded-1"
    assert guard in doc["FailureReason"]
    assert before > 0
    assert client.seen["good"] > before
    states = [
        each["detail"]["EndpointStatus"]
        for each in heard(studio, name)
        if each["detail-type"] == "SageMaker Endpoint State Change"
    ]
    assert states == ["UPDATING", "ROLLING_BACK", "IN_SERVICE"]


def test_a_slow_model_is_seen_in_microseconds_and_rolled_back(studio: Studio) -> None:
    name = studio.endpoint("slow", answering("fast"))
    slow = answering("slow").replace("return body", "time.sleep(0.2); return body")
    second = studio.config("slow-2", studio.model("slow-2", slow))
    guard = alarm(studio, "slow-latency", "ModelLatency", second, 100_000)
    with Client(studio, name) as client:
        studio.sm.update_endpoint(
            EndpointName=name, EndpointConfigName=second, DeploymentConfig=policy(CANARY, guard)
        )
        doc = studio.settled(name)
    assert doc["EndpointConfigName"] == "slow-1"
    assert set(client.seen) == {"fast", "slow"}


def test_a_linear_rollout_grows_step_by_step(studio: Studio) -> None:
    name = studio.endpoint("linear", answering("one"))
    second = studio.config("linear-2", studio.model("linear-2", answering("two")))
    step = {"Type": "CAPACITY_PERCENT", "Value": 34}
    routing = {"Type": "LINEAR", "LinearStepSize": step, "WaitIntervalInSeconds": 5}
    listen(studio, name)
    studio.sm.update_endpoint(
        EndpointName=name, EndpointConfigName=second, DeploymentConfig=policy(routing)
    )
    studio.settled(name)
    moves = [
        each["detail"]["PendingDeploymentSummary"]["ProductionVariants"][0]["VariantStatus"][0]
        for each in heard(studio, name)
        if "PendingDeploymentSummary" in each["detail"]
    ]
    assert [move["Status"] for move in moves].count("Baking") == 3


def test_a_new_fleet_that_is_not_healthy_never_gets_a_request(studio: Studio) -> None:
    name = studio.endpoint("wary", answering("one"))
    second = studio.config("wary-2", studio.model("wary-2", "import nothing_like_this"))
    with Client(studio, name) as client:
        studio.sm.update_endpoint(EndpointName=name, EndpointConfigName=second)
        doc = studio.settled(name)
    assert set(client.seen) == {"one"}
    assert doc["EndpointStatus"] == "InService"
    assert doc["EndpointConfigName"] == "wary-1"
    assert "did not pass the ping health check" in doc["FailureReason"]


def test_an_endpoint_on_its_way_cannot_be_changed_or_deleted(studio: Studio) -> None:
    name = studio.endpoint("busy", answering("one"))
    second = studio.config("busy-2", studio.model("busy-2", answering("two")))
    studio.sm.update_endpoint(
        EndpointName=name, EndpointConfigName=second, DeploymentConfig=policy(CANARY)
    )
    with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
        studio.sm.update_endpoint(EndpointName=name, EndpointConfigName=second)
    with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
        studio.sm.delete_endpoint(EndpointName=name)
    studio.settled(name)


def test_no_machines_left_fails_the_endpoint_by_name(studio: Studio) -> None:
    shortage = studio.context.home / "no-capacity"
    shortage.write_text("ml.m5.large\n")
    try:
        config = studio.config("short-1", studio.model("short-1", answering("one")))
        studio.sm.create_endpoint(EndpointName="short", EndpointConfigName=config)
        doc = studio.settled("short")
    finally:
        shortage.unlink()
    assert doc["EndpointStatus"] == "Failed"
    assert "InsufficientInstanceCapacity" in doc["FailureReason"]
