"""EventBridge events in the exact shape that SageMaker sends.

AWS's printed examples are the measure: model packages and pipelines carry ISO times and the API's
member names (pipelines in lower camel case); endpoints carry epoch milliseconds and upper-case
statuses ("IN_SERVICE" where the API says "InService").
"""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

Doc = dict[str, Any]
Publish = Callable[[str, list[str], Doc], None]

_MODEL_PACKAGE_MEMBERS = (
    "ModelPackageGroupName", "ModelPackageVersion", "ModelPackageName", "ModelPackageArn",
    "ModelPackageDescription", "CreationTime", "InferenceSpecification", "ModelPackageStatus",
    "ModelPackageStatusDetails", "CertifyForMarketplace", "ModelApprovalStatus",
    "ApprovalDescription", "MetadataProperties", "ModelMetrics", "CustomerMetadataProperties",
    "DriftCheckBaselines", "SourceUri", "ModelLifeCycle",
)  # fmt: skip
_TIMES = re.compile(r"(Time|TimeStamp|Timestamp|Since)$")


def publish_locally(account: str, region: str) -> Publish:
    """Return a publisher that puts ``aws.sagemaker`` events on this process's own default bus."""

    def publish(detail_type: str, resources: list[str], detail: Doc) -> None:
        from ministack.core.responses import request_scope
        from ministack.services import eventbridge

        entry = {
            "Source": "aws.sagemaker",
            "DetailType": detail_type,
            "Resources": resources,
            "Detail": json.dumps(detail),
        }
        with request_scope(account, region):
            eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)

    return publish


class Events:
    """Tells the bus what changed, given the API's Describe answers (times in epoch seconds)."""

    def __init__(self, publish: Publish) -> None:
        self._publish = publish

    def model_package(self, doc: Doc, updated_fields: list[str]) -> None:
        """A model package was created (no ``updated_fields``) or the named members changed."""
        detail = {name: doc[name] for name in _MODEL_PACKAGE_MEMBERS if doc.get(name) is not None}
        detail["CreationTime"] = iso(doc["CreationTime"])
        if updated_fields:
            detail["UpdatedModelPackageFields"] = list(updated_fields)
        detail["LastModifiedTime"] = iso(doc.get("LastModifiedTime") or doc["CreationTime"])
        self._publish("SageMaker Model Package State Change", [str(doc["ModelPackageArn"])], detail)

    def endpoint(self, doc: Doc) -> None:
        """An endpoint changed its status."""
        self._publish("SageMaker Endpoint State Change", [doc["EndpointArn"]], _endpoint(doc))

    def endpoint_deployment(self, doc: Doc) -> None:
        """An endpoint's deployment moved on; the document has its PendingDeploymentSummary."""
        self._publish(
            "SageMaker Endpoint Deployment State Change", [doc["EndpointArn"]], _endpoint(doc)
        )

    def pipeline_execution(self, doc: Doc, previous: str | None) -> None:
        """An execution's status changed from ``previous`` (None at its start).

        ``doc`` is DescribePipelineExecution's answer; ``executionEndTime`` is its LastModifiedTime
        once it has ended.
        """
        status = doc["PipelineExecutionStatus"]
        detail = {
            "pipelineExecutionDisplayName": doc.get("PipelineExecutionDisplayName"),
            "currentPipelineExecutionStatus": status,
            "previousPipelineExecutionStatus": previous,
            "executionStartTime": iso(doc["CreationTime"]),
            "executionEndTime": None
            if status in ("Executing", "Stopping")
            else iso(doc["LastModifiedTime"]),
            "pipelineExecutionDescription": doc.get("PipelineExecutionDescription"),
            "pipelineArn": doc["PipelineArn"],
            "pipelineExecutionArn": doc["PipelineExecutionArn"],
        }
        self._publish(
            "SageMaker Model Building Pipeline Execution Status Change",
            [doc["PipelineArn"], doc["PipelineExecutionArn"]],
            _present(detail),
        )

    def pipeline_step(self, doc: Doc, previous: str | None) -> None:
        """A step's status changed from ``previous`` (None at its start).

        ``doc`` is one entry of ListPipelineExecutionSteps with ``StepType``, ``PipelineArn`` and
        ``PipelineExecutionArn`` added.
        """
        ended = doc.get("EndTime")
        detail = {
            "metadata": lower_camel(doc.get("Metadata") or {}),
            "stepStartTime": iso(doc["StartTime"]),
            "stepEndTime": iso(ended) if ended is not None else None,
            "stepName": doc["StepName"],
            "stepType": doc.get("StepType"),
            "previousStepStatus": previous,
            "currentStepStatus": doc["StepStatus"],
            "pipelineArn": doc["PipelineArn"],
            "pipelineExecutionArn": doc["PipelineExecutionArn"],
            "cacheHitResult": lower_camel(doc["CacheHitResult"])
            if doc.get("CacheHitResult")
            else None,
            "failureReason": doc.get("FailureReason"),
        }
        self._publish(
            "SageMaker Model Building Pipeline Execution Step Status Change",
            [doc["PipelineArn"], doc["PipelineExecutionArn"]],
            _present(detail),
        )

    def processing_job(self, doc: Doc) -> None:
        """A processing job changed its status; ``doc`` is DescribeProcessingJob's answer."""
        self._publish(
            "SageMaker Processing Job State Change", [doc["ProcessingJobArn"]], milliseconds(doc)
        )

    def training_job(self, doc: Doc) -> None:
        """A training job changed its status; ``doc`` is DescribeTrainingJob's answer."""
        self._publish(
            "SageMaker Training Job State Change", [doc["TrainingJobArn"]], milliseconds(doc)
        )

    def transform_job(self, doc: Doc) -> None:
        """A batch transform job changed its status; ``doc`` is DescribeTransformJob's answer."""
        self._publish(
            "SageMaker Transform Job State Change", [doc["TransformJobArn"]], milliseconds(doc)
        )


def iso(epoch_seconds: float) -> str:
    """Epoch seconds as the ISO time of events ("2021-02-24T17:00:14Z")."""
    return datetime.fromtimestamp(epoch_seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def milliseconds(value: Any, name: str = "") -> Any:
    """A copy with every time member in epoch milliseconds, as job and endpoint events do."""
    if isinstance(value, dict):
        return {key: milliseconds(item, key) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [milliseconds(item) for item in value]
    if _TIMES.search(name) and isinstance(value, int | float) and not isinstance(value, bool):
        return round(value * 1000)
    return value


def lower_camel(value: Any) -> Any:
    """A copy with every member name in lower camel case, as pipeline events print them."""
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: lower_camel(item) for key, item in value.items()}
    if isinstance(value, list):
        return [lower_camel(item) for item in value]
    return value


def event_status(status: str) -> str:
    """The API's endpoint status in an event's spelling: InService → IN_SERVICE."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", status).upper()


def _endpoint(doc: Doc) -> Doc:
    members = (
        "EndpointName", "EndpointArn", "EndpointConfigName", "ProductionVariants",
        "EndpointStatus", "FailureReason", "CreationTime", "LastModifiedTime",
    )  # fmt: skip
    detail: Doc = milliseconds({name: doc[name] for name in members if doc.get(name) is not None})
    detail["EndpointStatus"] = event_status(doc["EndpointStatus"])
    detail["Tags"] = doc.get("Tags") or {}
    if doc.get("PendingDeploymentSummary"):
        detail["PendingDeploymentSummary"] = milliseconds(doc["PendingDeploymentSummary"])
    return detail


def _present(detail: Doc) -> Doc:
    return {name: value for name, value in detail.items() if value is not None}
