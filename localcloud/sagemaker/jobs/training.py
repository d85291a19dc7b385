"""Training jobs: Create, Describe, List, Stop; ``training_run.py`` does the work."""

from __future__ import annotations

import math
from typing import Any

from localcloud.sagemaker import tags
from localcloud.sagemaker.api import ApiError, operation
from localcloud.sagemaker.jobs import runner, transfer
from localcloud.sagemaker.jobs.runner import Running
from localcloud.sagemaker.jobs.training_run import run
from localcloud.sagemaker.jobs.workplace import Doc, JobFailedError, workplace
from localcloud.sagemaker.paging import page, select
from localcloud.sagemaker.service import Service

KIND = "training-job"
LOG_GROUP = "/aws/sagemaker/TrainingJobs"
DAY = 86400
MESSAGES = {
    "Starting": "Starting the training job",
    "Downloading": "Downloading input data",
    "Training": "Training image download completed. Training in progress.",
    "Uploading": "Uploading generated training model",
    "Stopping": "Stopping the training job",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds provided",
    "Completed": "Training job completed",
    "Failed": "Training job failed",
}


@operation("CreateTrainingJob")
def create_training_job(svc: Service, request: Doc) -> Doc:
    """Start a job and answer at once, as SageMaker does."""
    name = request["TrainingJobName"]
    arn = svc.arn(KIND, name.lower())
    _refuse_what_runs_on_aws_only(request)
    now = svc.now()
    doc = {key: value for key, value in request.items() if key != "Tags"}
    doc.setdefault("StoppingCondition", {"MaxRuntimeInSeconds": DAY})
    output = f"{doc['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{name}/output"
    doc.update(
        TrainingJobArn=arn,
        TrainingJobStatus="InProgress",
        SecondaryStatus="Starting",
        SecondaryStatusTransitions=[_transition("Starting", now)],
        ModelArtifacts={"S3ModelArtifacts": f"{output}/model.tar.gz"},
        CreationTime=now,
        LastModifiedTime=now,
    )
    with svc.store.transaction():
        if svc.store.get(KIND, name):
            raise ApiError(
                "ResourceInUse",
                "Training job names must be unique within an AWS account and region, and a "
                f"training job with this name already exists ({arn})",
            )
        svc.store.put(KIND, name, doc)
        tags.register(svc, arn, request.get("Tags"))
    svc.events.training_job(doc)
    runner.start(svc, KIND, name, lambda running: _work(svc, running))
    return {"TrainingJobArn": arn}


@operation("DescribeTrainingJob")
def describe_training_job(svc: Service, request: Doc) -> Doc:
    """Return the job as it is now."""
    return _found(svc, request["TrainingJobName"])


@operation("ListTrainingJobs")
def list_training_jobs(svc: Service, request: Doc) -> Doc:
    """List jobs, newest first."""
    found = select(svc.store.list(KIND), request, "TrainingJobName", status="TrainingJobStatus")
    members = (
        "TrainingJobName", "TrainingJobArn", "CreationTime", "TrainingEndTime",
        "LastModifiedTime", "TrainingJobStatus", "SecondaryStatus",
    )  # fmt: skip
    short = [{key: doc[key] for key in members if key in doc} for doc in found]
    return page(short, request, "TrainingJobSummaries")


@operation("StopTrainingJob")
def stop_training_job(svc: Service, request: Doc) -> Doc:
    """Ask a running job to end. Raises ValidationException when it has ended, as SageMaker does."""
    name = request["TrainingJobName"]
    status = _found(svc, name)["TrainingJobStatus"]
    if status not in ("InProgress", "Stopping"):
        raise ApiError(
            "ValidationException",
            f"The request was rejected because the training job is in status {status}.",
        )
    move(svc, name, "Stopping", TrainingJobStatus="Stopping")
    if running := runner.find(svc, KIND, name):
        running.stop()
    return {}


def move(svc: Service, name: str, secondary: str, **members: Any) -> Doc:
    """Enter the next secondary status and tell it. Ended jobs stay ended."""
    moved = False

    def apply(doc: Doc) -> None:
        nonlocal moved
        if doc["TrainingJobStatus"] not in ("InProgress", "Stopping"):
            return
        moved = doc["SecondaryStatus"] != secondary
        now = svc.now()
        doc.update(members, SecondaryStatus=secondary, LastModifiedTime=now)
        if moved:
            doc["SecondaryStatusTransitions"][-1]["EndTime"] = now
            doc["SecondaryStatusTransitions"].append(_transition(secondary, now))
        if "TrainingEndTime" in members:
            doc["SecondaryStatusTransitions"][-1]["EndTime"] = now

    doc = svc.store.update(KIND, name, apply)
    if moved:
        svc.events.training_job(doc)
    return doc


def _transition(status: str, now: float) -> Doc:
    return {"Status": status, "StartTime": now, "StatusMessage": MESSAGES[status]}


def _found(svc: Service, name: str) -> Doc:
    doc = svc.store.get(KIND, name)
    if doc is None:
        raise ApiError("ValidationException", "Requested resource not found.")
    return doc


def _refuse_what_runs_on_aws_only(request: Doc) -> None:
    algorithm = request.get("AlgorithmSpecification", {})
    if "TrainingImage" not in algorithm or "ResourceConfig" not in request:
        raise ApiError(
            "ValidationException",
            "The local cloud needs TrainingImage and ResourceConfig; anything else runs on AWS.",
        )
    if request["ResourceConfig"].get("InstanceCount", 1) != 1:
        raise ApiError("ValidationException", "The local cloud runs jobs on one instance only.")
    for channel in request.get("InputDataConfig", []):
        mode = channel.get("InputMode", algorithm.get("TrainingInputMode", "File"))
        if mode == "Pipe" or "S3DataSource" not in channel["DataSource"]:
            raise ApiError(
                "ValidationException",
                f"Channel '{channel['ChannelName']}': the local cloud reads S3 in File mode; other "
                "sources and Pipe mode run on AWS only.",
            )


def _work(svc: Service, running: Running) -> None:
    name = running.name
    doc = move(svc, name, "Starting", TrainingStartTime=svc.now())
    try:
        image, role = doc["AlgorithmSpecification"]["TrainingImage"], doc["RoleArn"]
        with workplace(svc, running, image, role, LOG_GROUP) as place:
            ending = run(place, doc, lambda status: move(svc, name, status))
    except (JobFailedError, transfer.TransferError) as error:
        ending = _failed(str(error))
    except Exception as error:
        _end(svc, name, doc, _failed(f"InternalServerError: {type(error).__name__}: {error}"))
        raise
    _end(svc, name, doc, ending)


def _failed(reason: str) -> Doc:
    return {
        "TrainingJobStatus": "Failed",
        "SecondaryStatus": "Failed",
        "FailureReason": reason[:1024],
    }


def _end(svc: Service, name: str, doc: Doc, ending: Doc) -> None:
    now = svc.now()
    seconds = max(1, math.ceil(now - doc["TrainingStartTime"]))
    secondary = ending.pop("SecondaryStatus")
    times = {"TrainingTimeInSeconds": seconds, "BillableTimeInSeconds": seconds}
    move(svc, name, secondary, TrainingEndTime=now, **times, **ending)
