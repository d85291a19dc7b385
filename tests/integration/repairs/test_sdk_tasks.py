"""`aws-sdk:` tasks of services that the base lacks or misreads."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.repairs.workflows import Workflows, task

ALARM = {
    "AlarmName": "errors",
    "Namespace": "AWS/SageMaker",
    "MetricName": "Invocation5XXErrors",
    "Dimensions": [
        {"Name": "EndpointName", "Value": "churn"},
        {"Name": "VariantName", "Value": "all"},
    ],
    "Statistic": "Sum",
    "Period": "{% 30 * 2 %}",
    "EvaluationPeriods": 1,
    "Threshold": "{% 1 / 2 %}",
    "ComparisonOperator": "GreaterThanThreshold",
    "TreatMissingData": "notBreaching",
    "AlarmActions": ["arn:aws:sns:us-east-1:000000000000:alarms"],
    "Tags": [{"Key": "sagemaker:project-name", "Value": "churn"}],
}


def _run(workflows: Workflows, resource: str, arguments: Any) -> dict[str, Any]:
    return workflows.run({"Call": task(f"aws-sdk:{resource}", arguments)})


def test_an_alarm_is_made_described_and_deleted(workflows: Workflows) -> None:
    made = _run(workflows, "cloudwatch:putMetricAlarm", ALARM)
    described = _run(workflows, "cloudwatch:describeAlarms", {"AlarmNames": ["errors"]})
    _run(workflows, "cloudwatch:deleteAlarms", {"AlarmNames": ["errors"]})
    after = _run(workflows, "cloudwatch:describeAlarms", {"AlarmNames": ["errors"]})

    assert made["status"] == "SUCCEEDED"
    (alarm,) = described["output"]["MetricAlarms"]
    assert (alarm["Period"], alarm["Threshold"]) == (60, 0.5)
    assert alarm["Dimensions"] == ALARM["Dimensions"]
    assert alarm["TreatMissingData"] == "notBreaching"
    assert alarm["StateValue"] in ("INSUFFICIENT_DATA", "OK")
    assert after["output"]["MetricAlarms"] == []


def test_a_mail_is_sent_from_a_state_machine(workflows: Workflows) -> None:
    workflows.base.client("sesv2").create_email_identity(EmailIdentity="example.org")
    arguments = {
        "FromEmailAddress": "slipway@example.org",
        "Destination": {"ToAddresses": ["jo@example.org"]},
        "Content": {"Simple": {"Subject": {"Data": "hi"}, "Body": {"Text": {"Data": "there"}}}},
    }

    end = _run(workflows, "sesv2:sendEmail", arguments)

    assert end["status"] == "SUCCEEDED", end
    assert end["output"]["MessageId"]


def test_an_error_of_ses_has_the_prefix_of_its_sdk(workflows: Workflows) -> None:
    end = _run(workflows, "sesv2:getEmailIdentity", {"EmailIdentity": "nobody.example"})

    assert end["error"] == "SesV2.NotFoundException"
    assert "(Service: SESv2, Status Code: 404" in end["cause"]


def test_a_schedule_is_made_and_missed_by_name(workflows: Workflows) -> None:
    machine = workflows.machine({"End": {"Type": "Succeed"}})
    arguments = {
        "Name": "teardown",
        "ScheduleExpression": "at(2099-01-01T00:00:00)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "ActionAfterCompletion": "DELETE",
        "Target": {"Arn": machine, "RoleArn": workflows.role, "Input": "{}"},
    }

    made = _run(workflows, "scheduler:createSchedule", arguments)
    deleted = _run(workflows, "scheduler:deleteSchedule", {"Name": "teardown"})
    missing = _run(workflows, "scheduler:deleteSchedule", {"Name": "teardown"})

    assert made["output"]["ScheduleArn"].endswith("schedule/default/teardown")
    assert deleted["status"] == "SUCCEEDED"
    assert missing["error"] == "Scheduler.ResourceNotFoundException"


def test_an_argument_that_the_service_lacks_fails_the_execution(workflows: Workflows) -> None:
    end = _run(workflows, "cloudwatch:deleteAlarms", {"Names": ["x"]})

    assert end["error"] == "States.Runtime"
    assert "AlarmNames" in end["cause"]


def test_events_put_by_a_state_machine_reach_the_bus(workflows: Workflows) -> None:
    entry = {"Source": "slipway", "DetailType": "Test", "Detail": {"a": "{% 4 / 2 %}"}}

    end = workflows.run({"Put": task("events:putEvents", {"Entries": [entry]})})

    assert end["output"]["FailedEntryCount"] == 0


@pytest.mark.parametrize(
    ("member", "name"),
    [
        ("ModelDataETag", "ModelDataETag"),
        ("DBClusterArn", "DbClusterArn"),
        ("ETag", "ETag"),
        ("KMSKeyId", "KmsKeyId"),
        ("S3Uri", "S3Uri"),
        ("ModelPackageARN", "ModelPackageArn"),
        ("commitId", "CommitId"),
        ("SS", "Ss"),
    ],
)
def test_members_are_named_as_in_the_java_sdk(member: str, name: str) -> None:
    from localcloud.repairs.sfn_sdk import java_name

    assert java_name(member) == name


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("ResourceNotFound", "ResourceNotFoundException"),
        ("ResourceInUse", "ResourceInUseException"),
        ("ConflictException", "ConflictException"),
        ("ValidationException", "SageMakerException"),
    ],
)
def test_errors_are_named_as_in_the_java_sdk(code: str, name: str) -> None:
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    from localcloud.repairs.sfn_sdk import error_name

    model = ServiceModel(Loader().load_service_model("sagemaker", "service-2"))

    assert error_name(model, "SageMaker", code) == name
