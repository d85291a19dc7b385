"""What each type of step does once its arguments are known: the jobs, models and functions it
makes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from localcloud.sagemaker import api
from localcloud.sagemaker.api import ApiError
from localcloud.sagemaker.jobs import runner
from localcloud.sagemaker.pipelines import permissions, retries
from localcloud.sagemaker.pipelines.definition import Step
from localcloud.sagemaker.service import Service

Doc = dict[str, Any]
NAME_LENGTH = 63


class StepFailedError(Exception):
    """A step ends as Failed; ``kind`` is its exception type for retry policies."""

    def __init__(self, reason: str, kind: str | None = None) -> None:
        super().__init__(reason)
        self.kind = kind


class StepStoppedError(Exception):
    """A step ends as Stopped."""


@dataclass
class StepRun:
    """One attempt at one step.

    ``arguments`` are resolved (a Condition's and a Fail step's are not: their handlers ask
    ``resolve``). Each handler calls ``executing`` once, with the step's metadata as far as it is
    known then.
    """

    svc: Service
    step: Step
    execution_arn: str
    role_arn: str
    arguments: Doc
    resolve: Callable[[Any], Any]
    executing: Callable[[Doc], None]
    stopping: threading.Event = field(default_factory=threading.Event)
    stop: Callable[[], None] = lambda: None

    def name(self, given: str | None = None) -> str:
        """A name like SageMaker's for what a step makes: pipelines-<execution>-<step>-<random>."""
        execution = self.execution_arn.rpartition("/")[2]
        tail = f"-{self.svc.unique(10)}"
        base = given or f"pipelines-{execution}-{self.step.name}"
        return base[: NAME_LENGTH - len(tail)].rstrip("-") + tail

    def call(self, operation: str, request: Doc) -> Doc:
        """Call SageMaker as the pipeline's role; a refusal fails the step in Pipelines' words."""
        try:
            permissions.require(self.svc.context, self.role_arn, operation, request)
            return api.call(self.svc, operation, request)
        except ApiError as error:
            raise StepFailedError(
                f"ClientError: Failed to invoke sagemaker:{operation}. Error Details: "
                f"{error.message}",
                retries.of_refusal(error.code, error.status),
            ) from error


@dataclass(frozen=True)
class Result:
    """What later steps can refer to, and what the step shows of itself."""

    properties: Doc = field(default_factory=dict)
    metadata: Doc = field(default_factory=dict)


@dataclass(frozen=True)
class _JobKind:
    noun: str
    kind: str
    metadata: str


_JOBS: Mapping[str, _JobKind] = {
    "Processing": _JobKind("ProcessingJob", "processing-job", "ProcessingJob"),
    "Training": _JobKind("TrainingJob", "training-job", "TrainingJob"),
    "Transform": _JobKind("TransformJob", "transform-job", "TransformJob"),
}


def run_job(run: StepRun) -> Result:
    """Make a job, wait for its end, and give its description."""
    job = _JOBS[run.step.type]
    noun = job.noun
    request = {**run.arguments, f"{noun}Name": run.name(run.arguments.get(f"{noun}Name"))}
    name = request[f"{noun}Name"]
    metadata = {job.metadata: {"Arn": run.call(f"Create{noun}", request)[f"{noun}Arn"]}}
    run.executing(metadata)
    run.stop = lambda: _stop_job(run.svc, noun, name)
    if run.stopping.is_set():
        run.stop()
    under_way = runner.find(run.svc, job.kind, name)
    if under_way is not None:
        under_way.done.wait()
    doc = run.call(f"Describe{noun}", {f"{noun}Name": name})
    status = doc[f"{noun}Status"]
    if status == "Completed":
        return Result(doc, metadata)
    if run.stopping.is_set():
        raise StepStoppedError
    reason = doc.get("FailureReason", f"ClientError: the job {name} was stopped")
    raise StepFailedError(reason, retries.of_job(reason))


def _stop_job(svc: Service, noun: str, name: str) -> None:
    try:
        api.call(svc, f"Stop{noun}", {f"{noun}Name": name})
    except ApiError:
        return  # it has ended meanwhile


def register_model(run: StepRun) -> Result:
    """Create a model package; its group is made when it is not there, as Pipelines does."""
    run.executing({})
    request = dict(run.arguments)
    request.setdefault("MetadataProperties", {}).setdefault("GeneratedBy", run.execution_arn)
    group = request.get("ModelPackageGroupName")
    if group is not None:
        _ensure_group(run, group)
    arn = run.call("CreateModelPackage", request)["ModelPackageArn"]
    doc = run.call("DescribeModelPackage", {"ModelPackageName": arn})
    return Result(doc, {"RegisterModel": {"Arn": arn}})


def _ensure_group(run: StepRun, group: str) -> None:
    try:
        api.call(run.svc, "DescribeModelPackageGroup", {"ModelPackageGroupName": group})
    except ApiError:
        run.call("CreateModelPackageGroup", {"ModelPackageGroupName": group})


def create_model(run: StepRun) -> Result:
    """Create a model under a name of its own."""
    run.executing({})
    name = run.name(run.arguments.get("ModelName"))
    arn = run.call("CreateModel", {**run.arguments, "ModelName": name})["ModelArn"]
    return Result(run.call("DescribeModel", {"ModelName": name}), {"Model": {"Arn": arn}})
