"""What one deployment asks of SageMaker: the arguments of CreateEndpointConfig and UpdateEndpoint.

Source: botocore's model of both calls; the guardrails follow AWS's "Deployment guardrails" page.
Every update carries the whole `DeploymentConfig`, because UpdateEndpoint forgets it otherwise.
"""

from dataclasses import dataclass
from typing import Any

from domain.stages import Instances, Rollout, Stage

VARIANT = "AllTraffic"
MEGABYTE = 1024 * 1024

Json = dict[str, Any]


@dataclass(frozen=True)
class Names:
    """The names of one deployment: an endpoint, and the model and config made for it."""

    endpoint: str
    model: str
    config: str


def project_tags(project_name: str, project_id: str) -> list[Json]:
    """The two tags by which Studio groups what belongs to a project."""
    return [
        {"Key": "sagemaker:project-name", "Value": project_name},
        {"Key": "sagemaker:project-id", "Value": project_id},
    ]


def production_variants(stage: Stage, names: Names, count: int | None = None) -> list[Json]:
    """The one variant of an endpoint. `count` overrides the instances, where scaling chose them."""
    variant: Json = {"VariantName": VARIANT, "ModelName": names.model}
    if isinstance(stage.capacity, Instances):
        variant |= {
            "InstanceType": stage.capacity.type,
            "InitialInstanceCount": count or stage.capacity.count,
            "InitialVariantWeight": 1,
        }
    else:
        variant["ServerlessConfig"] = {
            "MemorySizeInMB": stage.capacity.memory_mb,
            "MaxConcurrency": stage.capacity.max_concurrency,
        }
    return [variant]


def endpoint_config(
    stage: Stage, names: Names, bucket: str, tags: list[Json], count: int | None = None
) -> Json:
    """The arguments of CreateEndpointConfig."""
    request: Json = {
        "EndpointConfigName": names.config,
        "ProductionVariants": production_variants(stage, names, count),
        "Tags": tags,
    }
    if stage.kms_key_id:
        request["KmsKeyId"] = stage.kms_key_id
    if stage.data_capture.enabled:
        request["DataCaptureConfig"] = _data_capture(stage, names, bucket)
    return request


def _data_capture(stage: Stage, names: Names, bucket: str) -> Json:
    capture: Json = {
        "EnableCapture": True,
        "InitialSamplingPercentage": stage.data_capture.sampling_percent,
        "DestinationS3Uri": f"s3://{bucket}/capture/{names.endpoint}",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {
            "CsvContentTypes": ["text/csv"],
            "JsonContentTypes": ["application/json"],
        },
    }
    if stage.kms_key_id:
        capture["KmsKeyId"] = stage.kms_key_id
    return capture


def alarm_names(names: Names) -> list[str]:
    """The alarms of one deployment; they are made before it and removed after it."""
    return [f"{names.config}-5xx", f"{names.config}-latency"]


def alarms(stage: Stage, names: Names, tags: list[Json]) -> list[Json]:
    """The arguments of PutMetricAlarm, for the new fleet only.

    The `EndpointConfigName` dimension counts requests of the new config and not of the old one.
    ModelLatency is in microseconds. A minute without requests is not a fault.
    """
    if isinstance(stage.capacity, Instances):
        dimensions = [
            {"Name": "EndpointName", "Value": names.endpoint},
            {"Name": "VariantName", "Value": VARIANT},
            {"Name": "EndpointConfigName", "Value": names.config},
        ]
        common: Json = {
            "Namespace": "AWS/SageMaker",
            "Dimensions": dimensions,
            "Period": 60,
            "EvaluationPeriods": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "TreatMissingData": "notBreaching",
            "Tags": tags,
        }
        errors, latency = alarm_names(names)
        return [
            {
                "AlarmName": errors,
                "MetricName": "Invocation5XXErrors",
                "Statistic": "Sum",
                "Threshold": stage.alarms.max_5xx,
                **common,
            },
            {
                "AlarmName": latency,
                "MetricName": "ModelLatency",
                "ExtendedStatistic": "p95",
                "Threshold": stage.alarms.latency_p95_ms * 1000,
                **common,
            },
        ]
    return []


def deployment_config(stage: Stage, names: Names, count: int | None = None) -> Json | None:
    """The `DeploymentConfig` of UpdateEndpoint; None for serverless, which has no guardrails.

    `count` is the new fleet's instances where scaling chose them: its steps are shares of those.
    """
    if not isinstance(stage.capacity, Instances):
        return None
    return {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": _routing(stage.rollout, count or stage.capacity.count),
            "TerminationWaitInSeconds": stage.rollout.termination_wait_seconds,
            "MaximumExecutionTimeoutInSeconds": max(600, stage.rollout.max_execution_seconds),
        },
        "AutoRollbackConfiguration": {
            "Alarms": [{"AlarmName": name} for name in alarm_names(names)],
        },
    }


def _routing(rollout: Rollout, count: int) -> Json:
    routing: Json = {
        "Type": rollout.type.upper(),
        "WaitIntervalInSeconds": rollout.bake_seconds,
    }
    if rollout.type == "canary":
        routing["CanarySize"] = _size(rollout.canary_percent, count)
    if rollout.type == "linear":
        routing["LinearStepSize"] = _size(rollout.linear_percent, count)
    return routing


def _size(percent: int, count: int) -> Json:
    # A percentage of few instances rounds to none; SageMaker wants at least one.
    if count * percent < 100:
        return {"Type": "INSTANCE_COUNT", "Value": 1}
    return {"Type": "CAPACITY_PERCENT", "Value": percent}


def longest_body(stage: Stage) -> int:
    """The largest request body in bytes: 6 MB in real time, 4 MB serverless.

    Source: "Invoke a serverless endpoint" and "Real-time inference" of the developer guide.
    """
    return (6 if isinstance(stage.capacity, Instances) else 4) * MEGABYTE


def wait_seconds(stage: Stage) -> int:
    """How long the endpoint's event is awaited: the rollout's limit, and time to start machines."""
    return stage.rollout.max_execution_seconds + stage.rollout.termination_wait_seconds + 1800
