"""Requests that are not what the live version was trained on: a figure, an alarm, training, why."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from localcloud.repairs.scheduler_firing import AT_ONCE
from pipeline_def.datasets import telecom
from tests.support.harbour import Harbour
from tests.support.loop import Loop, number
from tests.support.waiting import wait_until

WAIT = 90
CAPTURED = {
    "data_capture": {"enabled": True, "sampling_percent": 100},
    "rollout": {"type": "all_at_once"},
}
LONGER = 120  # minutes a day that every customer telephones more


def body(rows: int, more: float = 0.0) -> str:
    """Customers as the endpoint takes them, who telephone longer by day."""
    minutes = telecom.HEADER.index("Day Mins")
    lines = []
    for customer in telecom.customers(rows=rows, seed=11):
        row = list(customer[:-1])
        row[minutes] = f"{float(row[minutes]) + more:.1f}"
        lines.append(",".join(row))
    return "\n".join(lines)


def ask(loop: Loop, asked: str) -> None:
    """Ask production, and wait until data capture has written it."""
    loop.cloud.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=loop.outputs["ProductionEndpointName"], ContentType="text/csv", Body=asked
    )
    wait_until(lambda: captured(loop, asked), 30)


def captured(loop: Loop, asked: str) -> bool:
    """Whether data capture has written a request, and not only those that verified the release."""
    s3, bucket = loop.cloud.client("s3"), loop.outputs["ArtifactBucketName"]
    prefix = f"capture/{loop.outputs['ProductionEndpointName']}/"
    keys = [o["Key"] for o in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])]
    written = json.dumps(asked).encode()
    return any(written in s3.get_object(Bucket=bucket, Key=k)["Body"].read() for k in keys)


def watch(loop: Loop) -> dict[str, Any]:
    """Look at production's requests, as the schedule does; the outcome."""
    seen: dict[str, Any] = loop.invoke("StartMonitorFunction", {})
    arn = seen.get("pipeline_execution_arn")
    if arn:
        monitored(loop, arn)
    return seen


def monitored(loop: Loop, arn: str) -> dict[str, Any]:
    """What the monitor was given, once it has ended well."""

    def ended() -> bool:
        found = loop.sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        assert found["PipelineExecutionStatus"] in ("Executing", "Succeeded"), found
        return bool(found["PipelineExecutionStatus"] == "Succeeded")

    wait_until(ended, WAIT)
    given = loop.sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=arn)
    return {one["Name"]: one["Value"] for one in given["PipelineParameters"]}


def monitors(loop: Loop) -> list[str]:
    """The monitor's runs; none before the first has made its pipeline."""
    try:
        listed = loop.sagemaker.list_pipeline_executions(
            PipelineName=loop.outputs["MonitorPipelineName"]
        )
    except loop.sagemaker.exceptions.ResourceNotFound:
        return []
    return [one["PipelineExecutionArn"] for one in listed["PipelineExecutionSummaries"]]


def drifted(loop: Loop) -> list[float]:
    """The values of the metric on which the alarm watches."""
    now = datetime.now(UTC)
    answer = loop.cloud.client("cloudwatch").get_metric_statistics(
        Namespace="Slipway", MetricName="DriftedColumns", Period=60, Statistics=["Maximum"],
        Dimensions=[{"Name": "EndpointName", "Value": loop.outputs["ProductionEndpointName"]}],
        StartTime=now - timedelta(hours=1), EndTime=now + timedelta(minutes=1),
    )  # fmt: skip
    return [point["Maximum"] for point in answer["Datapoints"]]


def trained(loop: Loop) -> list[str]:
    """The training runs that a drift started."""
    listed = loop.sagemaker.list_pipeline_executions(PipelineName=loop.outputs["PipelineName"])
    return [
        one["PipelineExecutionArn"]
        for one in listed["PipelineExecutionSummaries"]
        if one.get("PipelineExecutionDescription", "").endswith("(drift)")
    ]


@pytest.fixture(scope="module")
def watched(harbour: Harbour) -> Harbour:
    """A version whose requests are captured."""
    version = harbour.register(harbour.settings(**CAPTURED))
    release = harbour.released(version)
    assert release.status == "SUCCEEDED", release.cause
    return harbour


def test_the_schedule_looks_by_itself_and_few_requests_are_an_outcome_that_nobody_hears_of(
    watched: Harbour,
) -> None:
    loop = watched.loop
    ask(loop, body(5))
    mails, before = len(loop.mails("")), datetime.now(UTC).replace(microsecond=0)
    name = loop.resource("Watching")
    found = loop.cloud.client("scheduler").get_schedule(Name=name)
    assert found["ScheduleExpression"] == "rate(1 day)"
    known = set(monitors(loop))

    # The schedule's day is over; nobody calls start_monitor.
    (loop.cloud.home / AT_ONCE).write_text(f"{name}\n")

    (arn,) = wait_until(lambda: set(monitors(loop)) - known, 30)
    _, _, told_for = monitored(loop, arn)["CaptureManifestUri"].partition("/drift/")
    fired = datetime.strptime(told_for, "%Y-%m-%dT%H-%M-%SZ/manifest.json").replace(tzinfo=UTC)
    assert before <= fired <= datetime.now(UTC)
    told = wait_until(lambda: loop.said("Monitored"), 30)[-1]
    assert told["outcome"] == "too_few_requests"
    assert told["rows"] == 5  # and not the hundreds with which the release was verified
    assert (drifted(loop), trained(loop), len(loop.mails(""))) == ([], [], mails)


def test_a_drift_sets_off_the_alarm_which_starts_training_and_one_mail_names_the_column(
    watched: Harbour,
) -> None:
    loop = watched.loop
    ask(loop, body(400, more=LONGER))

    seen = watch(loop)

    assert (seen["outcome"], seen["version"]) == ("started", number(loop.serves()))
    (arn,) = wait_until(lambda: trained(loop), WAIT)
    loop.sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn, ClientRequestToken="s" * 32)
    assert max(drifted(loop)) == 1.0
    alarm = loop.resource("DriftAlarm")
    (found,) = loop.cloud.client("cloudwatch").describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
    assert found["StateValue"] == "ALARM"
    subject = "[churn] Requests to production have drifted: 'Day Mins'"
    mails = wait_until(lambda: loop.mails(subject), WAIT)
    assert len(mails) == len({mail["to"][0] for mail in mails}) <= 2
    words = " ".join(mails[0]["text"].split())
    assert "405 rows of requests" in words
    assert "Training has started on the table as it is now." in words


def test_the_same_drift_found_once_more_starts_and_tells_nothing_again(watched: Harbour) -> None:
    loop = watched.loop
    before, mails = trained(loop), len(loop.mails("have drifted"))
    assert before

    again = loop.invoke("StartPipelineFunction", {"cause": "drift"})

    assert again == {"pipeline_execution_arn": None}
    assert (trained(loop), len(loop.mails("have drifted"))) == (before, mails)
