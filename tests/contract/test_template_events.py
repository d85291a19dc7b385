"""The template's patterns let in what AWS prints and start nothing with the rest."""

from typing import Any

import pytest

from domain.events import PIPELINE_ENDS
from tests.support import template
from tests.support.patterns import matches
from tests.support.recorded import event

COMMIT = "codecommit-repository-state-change"
PACKAGE = "sagemaker-model-package-state-change"
PIPELINE = "sagemaker-model-building-pipeline-execution-status-change"
EXECUTION = "stepfunctions-execution-status-change"
ENDPOINT = "sagemaker-endpoint-state-change"


def pattern(function: str, name: str, **parameters: str) -> dict[str, Any]:
    rule = template.functions()[function]["Events"][name]
    return dict(template.filled(rule["Properties"]["Pattern"], **parameters))


PUSHED = pattern(
    "StartBuildFunction", "Pushed", Branch="myBranch", RepositoryName="MyDemoRepo",
    **{"AWS::Region": "us-east-2"},
)  # fmt: skip
DECIDED = pattern(
    "StartReleaseFunction", "Decided", **{"AWS::StackName": "versionedmp-p-idy6c3e1fiqj"}
)
ENDED = pattern("ReportPipelineFunction", "PipelineEnded")
CHANGED = pattern("ResumeEndpointFunction", "EndpointChanged", **{"AWS::StackName": "My"})
MONITORED = pattern("ReportMonitorFunction", "PipelineEnded")
DRIFTED = pattern("StartPipelineFunction", "Drifted")
OVER = pattern("EndReleaseFunction", "ReleaseEnded")
MACHINE = "<ReleaseStateMachine>"


@pytest.mark.parametrize("kind", ["referenceCreated", "referenceUpdated"])
def test_a_new_head_of_the_branch_starts_a_build(kind: str) -> None:
    assert matches(PUSHED, event(f"{COMMIT}.{kind}"))


@pytest.mark.parametrize("kind", ["referenceDeleted", "unreferencedMergeCommitCreated"])
def test_a_reference_that_goes_or_never_was_starts_nothing(kind: str) -> None:
    assert not matches(PUSHED, event(f"{COMMIT}.{kind}"))


@pytest.mark.parametrize("detail", [{"referenceName": "other"}, {"referenceType": "tag"}])
def test_another_branch_and_a_tag_start_nothing(detail: dict[str, str]) -> None:
    assert not matches(PUSHED, event(f"{COMMIT}.referenceUpdated", **detail))


def test_another_repository_starts_nothing() -> None:
    other = event(f"{COMMIT}.referenceUpdated")
    other["resources"] = ["arn:aws:codecommit:us-east-2:123456789012:MyDemoRepo2"]

    assert not matches(PUSHED, other)


def test_a_stack_without_a_github_repository_hears_no_push() -> None:
    rule = pattern("StartBuildFunction", "PushedToGitHub")
    push = {
        "source": "slipway.github",
        "detail-type": "GitHub Push",
        "detail": {"repository": "ada/models", "branch": "main", "commit": "a" * 40},
    }

    assert not matches(rule, push)
    heard = pattern("StartBuildFunction", "PushedToGitHub", GitHubRepository="ada/models")
    assert matches(heard, push)


@pytest.mark.parametrize("year", ["2021", "2025"])
@pytest.mark.parametrize("status", ["Approved", "Rejected", "PendingManualApproval"])
def test_a_decision_in_the_registry_is_heard_in_the_old_shape_and_the_new(
    year: str, status: str
) -> None:
    assert matches(DECIDED, event(f"{PACKAGE}-{year}", ModelApprovalStatus=status))


def test_another_group_starts_no_release() -> None:
    assert not matches(DECIDED, event(f"{PACKAGE}-2025", ModelPackageGroupName="other"))


@pytest.mark.parametrize("status", sorted(PIPELINE_ENDS))
def test_the_end_of_a_pipeline_is_heard(status: str) -> None:
    assert matches(ENDED, event(PIPELINE, currentPipelineExecutionStatus=status))


def test_a_pipeline_that_runs_and_its_steps_are_not_reported() -> None:
    assert not matches(ENDED, event(PIPELINE, currentPipelineExecutionStatus="Executing"))
    steps = "sagemaker-model-building-pipeline-execution-step-status-change"
    assert not matches(ENDED, event(steps))


@pytest.mark.parametrize("status", sorted(PIPELINE_ENDS))
def test_the_end_of_the_monitor_is_heard(status: str) -> None:
    assert matches(MONITORED, event(PIPELINE, currentPipelineExecutionStatus=status))


def _alarm(arn: str, state: str) -> dict[str, Any]:
    told = event("cloudwatch-alarm-state-change", state={"value": state})
    return {**told, "resources": [arn]}


def test_the_alarm_on_drift_starts_training() -> None:
    assert matches(DRIFTED, _alarm("<DriftAlarm.Arn>", "ALARM"))


@pytest.mark.parametrize(
    ("arn", "state"),
    [
        ("<DriftAlarm.Arn>", "OK"),
        ("<DriftAlarm.Arn>", "INSUFFICIENT_DATA"),
        ("arn:aws:cloudwatch:us-east-1:123456789012:alarm:another", "ALARM"),
    ],
)
def test_an_alarm_that_is_over_and_another_one_start_nothing(arn: str, state: str) -> None:
    assert not matches(DRIFTED, _alarm(arn, state))


@pytest.mark.parametrize("status", ["IN_SERVICE", "FAILED", "OUT_OF_SERVICE"])
def test_an_endpoint_at_rest_wakes_its_deployment(status: str) -> None:
    told = event(ENDPOINT, EndpointName="My-production", EndpointStatus=status)

    assert matches(CHANGED, told)


@pytest.mark.parametrize("detail", [{"EndpointStatus": "UPDATING"}, {"EndpointName": "MyOther"}])
def test_an_endpoint_that_moves_and_another_one_wake_nobody(detail: dict[str, str]) -> None:
    assert not matches(CHANGED, event(ENDPOINT, **{"EndpointName": "My-production", **detail}))


@pytest.mark.parametrize("name", ["", "-2"])
def test_news_of_a_deployment_on_its_way_wake_nobody(name: str) -> None:
    told = event(f"sagemaker-endpoint-deployment-state-change{name}", EndpointName="My-production")

    assert not matches(CHANGED, told)


@pytest.mark.parametrize("kind", ["failed", "timed-out", "aborted"])
def test_a_release_that_could_not_close_itself_is_closed(kind: str) -> None:
    assert matches(OVER, event(f"{EXECUTION}.{kind}", stateMachineArn=MACHINE))


@pytest.mark.parametrize("kind", ["started", "succeeded"])
def test_a_release_that_runs_or_ended_well_is_left_alone(kind: str) -> None:
    assert not matches(OVER, event(f"{EXECUTION}.{kind}", stateMachineArn=MACHINE))


def test_the_failure_of_another_state_machine_closes_no_release() -> None:
    assert not matches(OVER, event(f"{EXECUTION}.failed"))
