"""Short words for what the tests do with jobs and pipelines."""

from __future__ import annotations

import contextlib
import json
import uuid
from dataclasses import dataclass
from typing import Any

from localcloud.context import Context
from tests.support.waiting import wait_until

Doc = dict[str, Any]
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5"
BUCKET = "workshop"
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "sagemaker.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
_RUNNING = ("InProgress", "Stopping", "Executing")


def s3_input(name: str, uri: str, path: str, data_type: str = "S3Prefix") -> Doc:
    """One processing input in File mode."""
    given = {"S3Uri": uri, "LocalPath": path, "S3DataType": data_type, "S3InputMode": "File"}
    return {"InputName": name, "S3Input": given}


@dataclass
class Workshop:
    """One cloud with a bucket and a role that may do everything in S3."""

    context: Context

    @property
    def sm(self) -> Any:
        return self.context.client("sagemaker")

    @property
    def s3(self) -> Any:
        return self.context.client("s3")

    @property
    def role(self) -> str:
        return self.make_role(
            "workshop", ["s3:*", "lambda:*", "sqs:*", "sagemaker:*", "iam:PassRole"]
        )

    def make_role(self, name: str, actions: list[str]) -> str:
        """A role that SageMaker may take; returns its ARN."""
        iam = self.context.client("iam")
        with contextlib.suppress(iam.exceptions.EntityAlreadyExistsException):
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(_TRUST))
            allow = {"Effect": "Allow", "Action": actions, "Resource": "*"}
            policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
            iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy)
        return f"arn:aws:iam::{self.context.account}:role/{name}"

    def put(self, key: str, body: str | bytes) -> str:
        """Put an object; returns its URI."""
        with contextlib.suppress(self.s3.exceptions.BucketAlreadyOwnedByYou):
            self.s3.create_bucket(Bucket=BUCKET)
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        return f"s3://{BUCKET}/{key}"

    def get(self, uri: str) -> bytes:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        return bytes(self.s3.get_object(Bucket=bucket, Key=key)["Body"].read())

    def keys(self, prefix: str) -> list[str]:
        listed = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
        return [item["Key"].removeprefix(prefix) for item in listed]

    def processing(self, name: str, script: str, **more: Any) -> Doc:
        """The request for a job that runs ``script`` as /opt/ml/processing/input/code/run.py."""
        code = self.put(f"{name}/code/run.py", script)
        command = {"ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/run.py"]}
        return {
            "ProcessingJobName": name,
            "RoleArn": more.pop("role", self.role),
            "AppSpecification": {
                "ImageUri": more.pop("image", IMAGE),
                "ContainerArguments": more.pop("arguments", ["-"]),
                **command,
            },
            "ProcessingResources": {
                "ClusterConfig": {
                    "InstanceCount": 1,
                    "InstanceType": "ml.m5.large",
                    "VolumeSizeInGB": 1,
                }
            },
            "ProcessingInputs": [
                s3_input("code", code, "/opt/ml/processing/input/code"),
                *more.pop("inputs", []),
            ],
            "ProcessingOutputConfig": {
                "Outputs": [
                    {
                        "OutputName": "out",
                        "S3Output": {
                            "S3Uri": f"s3://{BUCKET}/{name}/out",
                            "LocalPath": "/opt/ml/processing/out",
                            "S3UploadMode": "EndOfJob",
                        },
                    }
                ]
            },
            **more,
        }

    def processed(self, name: str, script: str, **more: Any) -> Doc:
        """Run a processing job to its end; returns its description."""
        self.sm.create_processing_job(**self.processing(name, script, **more))
        return self.ended_processing(name)

    def ended_processing(self, name: str) -> Doc:
        def probe() -> Doc | None:
            doc: Doc = self.sm.describe_processing_job(ProcessingJobName=name)
            return None if doc["ProcessingJobStatus"] in _RUNNING else doc

        return wait_until(probe, 60)

    def ended_training(self, name: str) -> Doc:
        def probe() -> Doc | None:
            doc: Doc = self.sm.describe_training_job(TrainingJobName=name)
            return None if doc["TrainingJobStatus"] in _RUNNING else doc

        return wait_until(probe, 60)

    def log(self, group: str, name: str) -> list[str]:
        """The lines that a job left in CloudWatch Logs."""
        logs = self.context.client("logs")
        group = f"/aws/sagemaker/{group}"
        streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{name}/")
        stream = streams["logStreams"][0]["logStreamName"]
        found = logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True)
        return [event["message"] for event in found["events"]]

    def pipeline(
        self,
        name: str,
        steps: list[Doc],
        parameters: list[Doc] | None = None,
        role: str | None = None,
    ) -> str:
        """Create a pipeline; returns its ARN."""
        document = {"Version": "2020-12-01", "Parameters": parameters or [], "Steps": steps}
        return str(
            self.sm.create_pipeline(
                PipelineName=name,
                PipelineDefinition=json.dumps(document),
                RoleArn=role or self.role,
                ClientRequestToken=str(uuid.uuid4()),
            )["PipelineArn"]
        )

    def started(self, name: str, **parameters: str) -> str:
        """Start an execution; returns its ARN."""
        return str(
            self.sm.start_pipeline_execution(
                PipelineName=name,
                ClientRequestToken=str(uuid.uuid4()),
                PipelineParameters=[{"Name": k, "Value": v} for k, v in parameters.items()],
            )["PipelineExecutionArn"]
        )

    def ended(self, arn: str, timeout: float = 60) -> Doc:
        def probe() -> Doc | None:
            doc: Doc = self.sm.describe_pipeline_execution(PipelineExecutionArn=arn)
            return None if doc["PipelineExecutionStatus"] in _RUNNING else doc

        return wait_until(probe, timeout)

    def steps(self, arn: str) -> dict[str, Doc]:
        """The steps of an execution by name, in the order of their start."""
        listed = self.sm.list_pipeline_execution_steps(
            PipelineExecutionArn=arn, SortOrder="Ascending"
        )
        return {step["StepName"]: step for step in listed["PipelineExecutionSteps"]}
