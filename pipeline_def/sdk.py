"""The SageMaker SDK, made to render offline: a session that asks nobody, a helper per step kind.

Import it only to render, after `offline.prepare()`: the SDK wants a region while it is imported.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import boto3
from sagemaker.core.model_metrics import MetricsSource, ModelMetrics
from sagemaker.core.processing import Processor
from sagemaker.core.shapes import (
    Channel,
    DataSource,
    OutputDataConfig,
    ProcessingInput,
    ProcessingOutput,
    ProcessingS3Input,
    ProcessingS3Output,
    S3DataSource,
    StoppingCondition,
    Tag,
)
from sagemaker.core.training.configs import Compute
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join
from sagemaker.core.workflow.parameters import ParameterString
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.mlops.workflow.model_step import ModelStep
from sagemaker.mlops.workflow.retry import (
    SageMakerJobExceptionTypeEnum,
    SageMakerJobStepRetryPolicy,
    StepExceptionTypeEnum,
    StepRetryPolicy,
)
from sagemaker.mlops.workflow.steps import CacheConfig, ProcessingStep, TrainingStep
from sagemaker.serve.model_builder import ModelBuilder
from sagemaker.train import ModelTrainer

from pipeline_def.offline import REGION, ROLE

INPUT = "/opt/ml/processing/input"
OUTPUT = "/opt/ml/processing/output"
MOST_SECONDS = 3600
CACHE = CacheConfig(enable_caching=True, expire_after="P30D")
TRANSIENT = [
    StepRetryPolicy(
        exception_types=[StepExceptionTypeEnum.SERVICE_FAULT, StepExceptionTypeEnum.THROTTLING],
        interval_seconds=10,
        backoff_rate=2.0,
        max_attempts=3,
    )
]
JOB_TRANSIENT = [
    *TRANSIENT,
    SageMakerJobStepRetryPolicy(
        exception_types=[SageMakerJobExceptionTypeEnum.INTERNAL_ERROR],
        failure_reason_types=[SageMakerJobExceptionTypeEnum.CAPACITY_ERROR],
        interval_seconds=60,
        backoff_rate=2.0,
        max_attempts=3,
    ),
]


class OfflineSession(PipelineSession):  # type: ignore[misc]
    """A pipeline session that looks nothing up and uploads nothing."""

    def __init__(self) -> None:
        super().__init__(
            boto_session=boto3.Session(region_name=REGION),
            default_bucket="rendered",
            sagemaker_config={
                "SchemaVersion": "1.0",
                "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}},
            },
        )

    def default_bucket(self) -> str:
        """Return a name that no step may contain."""
        return "rendered"

    def account_id(self) -> str:
        """Return no account's id."""
        return "000000000000"

    def upload_data(self, *_: Any, **__: Any) -> str:
        """Refuse: step code comes by a parameter, never by an upload while rendering."""
        raise AssertionError("rendering must not upload anything")

    upload_string_as_file_body = upload_data


class Wiring:
    """Makes the steps of one pipeline: parameters by name, folders by step and output."""

    def __init__(self, parameters: Mapping[str, ParameterString]) -> None:
        self.parameters = parameters
        self.session = OfflineSession()

    def folder(self, step: str, output: str) -> Join:
        """Return where this execution's `step` leaves `output`."""
        run = ExecutionVariables.PIPELINE_EXECUTION_ID
        bucket = self.parameters["ArtifactBucket"]
        return Join(on="/", values=["s3:/", bucket, "runs", run, step, output])

    def tags(self, key: str, value: str) -> list[dict[str, Any]]:
        """Return the project's tags under the given names (processors and trainers differ)."""
        return [
            {key: "sagemaker:project-name", value: self.parameters["ProjectName"]},
            {key: "sagemaker:project-id", value: self.parameters["ProjectId"]},
        ]

    def processing(
        self,
        name: str,
        script: str,
        inputs: Mapping[str, Any],
        outputs: Sequence[str],
        **step: Any,
    ) -> ProcessingStep:
        """Return a processing step that runs `script` of the parameter `<name>Code`.

        Each input lies in /opt/ml/processing/input/<input>, each output in …/output/<output>, and
        the script is told so by --<input> and --<output>. An input named `capture` is a manifest.
        """
        code = self.parameters[f"{name}Code"]
        processor = Processor(
            role=self.parameters["ExecutionRoleArn"],
            image_uri=self.parameters["XGBoostImage"],
            instance_count=1,
            instance_type=self.parameters["ProcessingInstanceType"],
            volume_size_in_gb=30,
            max_runtime_in_seconds=MOST_SECONDS,
            entrypoint=["python3", f"{INPUT}/code/{script}"],
            sagemaker_session=self.session,
            tags=self.tags("Key", "Value"),
        )
        arguments = [part for key in inputs for part in (f"--{key}", f"{INPUT}/{key}")]
        arguments += [part for key in outputs for part in (f"--{key}", f"{OUTPUT}/{key}")]
        if "data" in inputs:
            arguments += ["--data-digest", self.parameters["DataDigest"]]
        if {"champion", "baseline"} & set(inputs):
            arguments += ["--champion-version", self.parameters["ChampionVersion"]]
        return ProcessingStep(
            name=name,
            step_args=processor.run(
                inputs=[_input(key, uri) for key, uri in {"code": code, **inputs}.items()],
                outputs=[_output(key, self.folder(name, key)) for key in outputs],
                arguments=arguments,
            ),
            retry_policies=JOB_TRANSIENT,
            **{"cache_config": CACHE, **step},
        )

    def training(
        self,
        name: str,
        script: str,
        hyperparameters: Mapping[str, Any],
        channels: Mapping[str, Any],
        **step: Any,
    ) -> TrainingStep:
        """Return a training step in script mode, whose source is the parameter `<name>Code`.

        `SourceCode` would upload to a new address at each rendering; the two hyperparameters that
        the container reads are what it comes down to.
        """
        values = {key: str(value) for key, value in hyperparameters.items()}
        trainer = ModelTrainer(
            sagemaker_session=self.session,
            role=ROLE,
            base_job_name=name,  # else the SDK makes one of the image, which is a parameter
            training_image=self.parameters["XGBoostImage"],
            compute=Compute(
                instance_type=self.parameters["TrainingInstanceType"],
                instance_count=1,
                volume_size_in_gb=30,
            ),
            stopping_condition=StoppingCondition(max_runtime_in_seconds=MOST_SECONDS),
            output_data_config=OutputDataConfig(
                s3_output_path=Join(
                    on="/", values=["s3:/", self.parameters["ArtifactBucket"], "models"]
                )
            ),
            hyperparameters={
                **values,
                "sagemaker_program": script,
                "sagemaker_submit_directory": self.parameters[f"{name}Code"],
            },
            tags=[Tag(**tag) for tag in self.tags("key", "value")],
        )
        return TrainingStep(
            name=name,
            step_args=trainer.train(
                input_data_config=[_channel(key, uri) for key, uri in channels.items()]
            ),
            cache_config=CACHE,
            retry_policies=JOB_TRANSIENT,
            **step,
        )

    def register(
        self, name: str, model: Any, statistics: Any, metadata: Mapping[str, Any], **step: Any
    ) -> ModelStep:
        """Return a step that registers `model` (an S3 address) as PendingManualApproval."""
        builder = ModelBuilder(
            s3_model_data_url=model,
            image_uri=self.parameters["XGBoostImage"],
            sagemaker_session=self.session,
            role_arn=ROLE,
            env_vars={
                "SAGEMAKER_PROGRAM": "inference.py",
                "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
                # Else the container asks for JSON whenever the caller accepts anything.
                "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "*/*",
            },
        )
        return ModelStep(
            name=name,
            step_args=builder.register(
                content_types=["text/csv", "application/json"],
                response_types=["text/csv", "application/json"],
                inference_instances=["ml.t2.medium", "ml.m5.large", "ml.m5.xlarge"],
                transform_instances=["ml.m5.large"],
                model_package_group_name=self.parameters["ModelPackageGroupName"],
                approval_status="PendingManualApproval",
                model_metrics=ModelMetrics(
                    model_statistics=MetricsSource(
                        content_type="application/json", s3_uri=statistics
                    )
                ),
                customer_metadata_properties=dict(metadata),
            ),
            retry_policies=TRANSIENT,
            **step,
        )


def output_uri(step: ProcessingStep, output: str) -> Any:
    """Return where `step` left `output`; the earlier place if the step was taken from the cache."""
    return step.properties.ProcessingOutputConfig.Outputs[output].S3Output.S3Uri


def _input(name: str, uri: Any) -> ProcessingInput:
    return ProcessingInput(
        input_name=name,
        s3_input=ProcessingS3Input(
            s3_uri=uri,
            local_path=f"{INPUT}/{name}",
            s3_data_type="ManifestFile" if name == "capture" else "S3Prefix",
            s3_input_mode="File",
        ),
    )


def _output(name: str, uri: Any) -> ProcessingOutput:
    return ProcessingOutput(
        output_name=name,
        s3_output=ProcessingS3Output(
            s3_uri=uri, local_path=f"{OUTPUT}/{name}", s3_upload_mode="EndOfJob"
        ),
    )


def _channel(name: str, uri: Any) -> Channel:
    return Channel(
        channel_name=name,
        data_source=DataSource(
            s3_data_source=S3DataSource(
                s3_data_type="S3Prefix", s3_uri=uri, s3_data_distribution_type="FullyReplicated"
            )
        ),
        content_type="text/csv",
    )
