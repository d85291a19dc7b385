"""What a deployment asks of AWS, held against botocore's models, for every kind of stage."""

from typing import Any

import pytest

from domain import deployment
from domain.deployment import Names
from domain.stages import Stage, parse_stages
from tests.support.aws_models import faults
from tests.support.stage_settings import SERVERLESS, stages

NAMES = Names("churn-production", "churn-production-v7-ab", "churn-production-v7-ab")
TAGS = deployment.project_tags("churn", "p-1")
CAPTURE = {"data_capture": {"enabled": True, "sampling_percent": 20}}
KINDS: dict[str, dict[str, Any]] = {
    "serverless": {"endpoint": SERVERLESS},
    "all at once": {"rollout": {"type": "all_at_once"}},
    "canary": {"rollout": {"type": "canary", "canary_percent": 10}},
    "linear": {"rollout": {"type": "linear", "linear_percent": 25}},
    "captured with a key": {**CAPTURE, "kms_key_id": "alias/models"},
    "scaling": {"autoscaling": {"min": 1, "max": 4, "invocations_per_instance": 100}},
    "in a network": {"vpc": {"subnets": ["subnet-1", "subnet-2"], "security_groups": ["sg-1"]}},
}


def stage(raw: dict[str, Any]) -> Stage:
    return parse_stages(stages(production=raw)).production


@pytest.fixture(params=KINDS, name="kind")
def _kind(request: pytest.FixtureRequest) -> Stage:
    return stage(KINDS[request.param])


def test_create_endpoint_config_is_what_sagemaker_takes(kind: Stage) -> None:
    request = deployment.endpoint_config(kind, NAMES, "bucket", TAGS)

    assert not faults("sagemaker", "CreateEndpointConfig", request)
    assert request["Tags"] == TAGS


def test_update_endpoint_is_what_sagemaker_takes(kind: Stage) -> None:
    request: dict[str, Any] = {"EndpointName": NAMES.endpoint, "EndpointConfigName": NAMES.config}
    guardrails = deployment.deployment_config(kind, NAMES)
    if guardrails:
        request["DeploymentConfig"] = guardrails

    assert not faults("sagemaker", "UpdateEndpoint", request)


def test_put_metric_alarm_is_what_cloudwatch_takes(kind: Stage) -> None:
    for request in deployment.alarms(kind, NAMES, TAGS):
        assert not faults("cloudwatch", "PutMetricAlarm", request)


def test_a_serverless_endpoint_has_no_guardrails_and_no_alarms() -> None:
    serverless = stage(KINDS["serverless"])

    assert deployment.deployment_config(serverless, NAMES) is None
    assert deployment.alarms(serverless, NAMES, TAGS) == []


@pytest.mark.parametrize("name", ["all at once", "canary", "linear"])
def test_every_update_carries_the_whole_deployment_config(name: str) -> None:
    found = deployment.deployment_config(stage(KINDS[name]), NAMES)

    assert found is not None
    policy = found["BlueGreenUpdatePolicy"]
    assert set(policy) == {
        "TrafficRoutingConfiguration", "TerminationWaitInSeconds",
        "MaximumExecutionTimeoutInSeconds",
    }  # fmt: skip
    assert policy["TrafficRoutingConfiguration"]["WaitIntervalInSeconds"] == 300
    assert policy["TrafficRoutingConfiguration"]["Type"] == name.upper().replace(" ", "_")
    made = {alarm["AlarmName"] for alarm in deployment.alarms(stage(KINDS[name]), NAMES, TAGS)}
    rolls_back = {alarm["AlarmName"] for alarm in found["AutoRollbackConfiguration"]["Alarms"]}
    assert rolls_back == made == set(deployment.alarm_names(NAMES))


@pytest.mark.parametrize(
    ("rollout", "count", "size"),
    [
        ({"type": "canary", "canary_percent": 10}, 2, ("INSTANCE_COUNT", 1)),
        ({"type": "canary", "canary_percent": 10}, 9, ("INSTANCE_COUNT", 1)),
        ({"type": "canary", "canary_percent": 10}, 10, ("CAPACITY_PERCENT", 10)),
        ({"type": "linear", "linear_percent": 50}, 2, ("CAPACITY_PERCENT", 50)),
        ({"type": "linear", "linear_percent": 33}, 2, ("INSTANCE_COUNT", 1)),
    ],
)
def test_a_share_of_few_instances_is_at_least_one(
    rollout: dict[str, Any], count: int, size: tuple[str, int]
) -> None:
    endpoint = {"instances": {"type": "ml.m5.large", "count": count}}
    found = deployment.deployment_config(stage({"endpoint": endpoint, "rollout": rollout}), NAMES)

    assert found is not None
    routing = found["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
    key = "CanarySize" if rollout["type"] == "canary" else "LinearStepSize"
    assert (routing[key]["Type"], routing[key]["Value"]) == size


def test_the_latency_alarm_is_in_microseconds_as_the_metric_is() -> None:
    guarded = stage({"alarms": {"latency_p95_ms": 250}})

    (latency,) = [
        alarm for alarm in deployment.alarms(guarded, NAMES, TAGS)
        if alarm["MetricName"] == "ModelLatency"
    ]  # fmt: skip

    assert latency["Threshold"] == 250_000
    assert latency["ExtendedStatistic"] == "p95"
    assert "Statistic" not in latency


def test_alarms_count_the_new_fleet_only_and_a_quiet_minute_is_no_fault() -> None:
    for alarm in deployment.alarms(stage({}), NAMES, TAGS):
        dimensions = {entry["Name"]: entry["Value"] for entry in alarm["Dimensions"]}
        assert dimensions == {
            "EndpointName": NAMES.endpoint,
            "VariantName": deployment.VARIANT,
            "EndpointConfigName": NAMES.config,
        }
        assert alarm["TreatMissingData"] == "notBreaching"
        assert alarm["Namespace"] == "AWS/SageMaker"


def test_the_count_that_scaling_reached_is_kept() -> None:
    (variant,) = deployment.production_variants(stage({}), NAMES, count=5)

    assert variant["InitialInstanceCount"] == 5


def test_the_settings_count_where_scaling_chose_nothing() -> None:
    (variant,) = deployment.production_variants(stage({}), NAMES)

    assert variant["InitialInstanceCount"] == 2


def test_a_key_encrypts_captured_data_and_the_disks() -> None:
    request = deployment.endpoint_config(
        stage({"kms_key_id": "alias/models", **CAPTURE}), NAMES, "b", TAGS
    )

    assert request["KmsKeyId"] == "alias/models"
    assert request["DataCaptureConfig"]["KmsKeyId"] == "alias/models"


def test_captured_data_lies_where_the_models_role_may_write() -> None:
    request = deployment.endpoint_config(stage(CAPTURE), NAMES, "bucket", TAGS)

    uri = request["DataCaptureConfig"]["DestinationS3Uri"]
    assert uri == f"s3://bucket/capture/{NAMES.endpoint}"


def test_the_endpoint_is_awaited_longer_than_its_rollout_may_take() -> None:
    slow = stage({"rollout": {"max_execution_minutes": 480, "termination_wait_seconds": 3600}})

    assert deployment.wait_seconds(slow) > 480 * 60 + 3600
    # The state machine's own limit (deploy_endpoint.asl.yaml) leaves time for the rest.
    assert deployment.wait_seconds(slow) < 43200 - 3600
