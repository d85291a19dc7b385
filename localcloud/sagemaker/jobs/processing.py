"""Processing jobs: inputs from S3, one command, outputs to S3.

https://docs.aws.amazon.com/sagemaker/latest/dg/build-your-own-processing-container.html
"""

from __future__ import annotations

from typing import Any

from localcloud.sagemaker import tags
from localcloud.sagemaker.api import ApiError, operation
from localcloud.sagemaker.jobs import runner, transfer
from localcloud.sagemaker.jobs.runner import Running
from localcloud.sagemaker.jobs.workplace import (
    HOST,
    Doc,
    JobFailedError,
    Workplace,
    algorithm_error,
    workplace,
)
from localcloud.sagemaker.paging import page, select
from localcloud.sagemaker.service import Service

KIND = "processing-job"
LOG_GROUP = "/aws/sagemaker/ProcessingJobs"
DAY = 86400


@operation("CreateProcessingJob")
def create_processing_job(svc: Service, request: Doc) -> Doc:
    """Start a job and answer at once, as SageMaker does."""
    name = request["ProcessingJobName"]
    arn = svc.arn(KIND, name.lower())
    _refuse_what_runs_on_aws_only(request)
    doc = {key: value for key, value in request.items() if key != "Tags"}
    doc.setdefault("StoppingCondition", {"MaxRuntimeInSeconds": DAY})
    doc.update(ProcessingJobArn=arn, ProcessingJobStatus="InProgress", CreationTime=svc.now())
    doc["LastModifiedTime"] = doc["CreationTime"]
    with svc.store.transaction():
        if svc.store.get(KIND, name):
            raise ApiError(
                "ResourceInUse",
                "Job name must be unique within an AWS account and region, and a job with this "
                f"name already exists ({arn})",
            )
        svc.store.put(KIND, name, doc)
        tags.register(svc, arn, request.get("Tags"))
    svc.events.processing_job(doc)
    runner.start(svc, KIND, name, lambda running: _work(svc, running))
    return {"ProcessingJobArn": arn}


@operation("DescribeProcessingJob")
def describe_processing_job(svc: Service, request: Doc) -> Doc:
    """Return the job as it is now."""
    return _found(svc, request["ProcessingJobName"])


@operation("ListProcessingJobs")
def list_processing_jobs(svc: Service, request: Doc) -> Doc:
    """List jobs, newest first."""
    found = select(svc.store.list(KIND), request, "ProcessingJobName", status="ProcessingJobStatus")
    members = (
        "ProcessingJobName", "ProcessingJobArn", "CreationTime", "ProcessingEndTime",
        "LastModifiedTime", "ProcessingJobStatus", "FailureReason", "ExitMessage",
    )  # fmt: skip
    short = [{key: doc[key] for key in members if key in doc} for doc in found]
    return page(short, request, "ProcessingJobSummaries")


@operation("StopProcessingJob")
def stop_processing_job(svc: Service, request: Doc) -> Doc:
    """Ask a running job to end; one that has ended stays as it is."""
    name = request["ProcessingJobName"]
    if _found(svc, name)["ProcessingJobStatus"] == "InProgress":
        change(svc, name, ProcessingJobStatus="Stopping")
    if running := runner.find(svc, KIND, name):
        running.stop()
    return {}


def change(svc: Service, name: str, **members: Any) -> Doc:
    """Change the job's document and tell it if its status is another. Ended jobs stay ended."""
    before = ""

    def apply(doc: Doc) -> None:
        nonlocal before
        before = doc["ProcessingJobStatus"]
        if before in ("InProgress", "Stopping"):
            doc.update(members, LastModifiedTime=svc.now())

    doc = svc.store.update(KIND, name, apply)
    if doc["ProcessingJobStatus"] != before:
        svc.events.processing_job(doc)
    return doc


def _found(svc: Service, name: str) -> Doc:
    doc = svc.store.get(KIND, name)
    if doc is None:
        raise ApiError("ResourceNotFound", f"Could not find requested job with name: {name}")
    return doc


def _refuse_what_runs_on_aws_only(request: Doc) -> None:
    """Say at once what only AWS can do, instead of running a job on half of its inputs."""
    if request["ProcessingResources"]["ClusterConfig"]["InstanceCount"] != 1:
        raise ApiError("ValidationException", "The local cloud runs jobs on one instance only.")
    outputs = request.get("ProcessingOutputConfig", {}).get("Outputs", [])
    sources = [(g["InputName"], g.get("S3Input", {})) for g in request.get("ProcessingInputs", [])]
    targets = [(given["OutputName"], given.get("S3Output", {})) for given in outputs]
    for name, place in (*sources, *targets):
        if "LocalPath" not in place or place.get("S3InputMode", "File") != "File":
            raise ApiError(
                "ValidationException",
                f"'{name}': the local cloud moves S3 objects to and from a LocalPath in File mode; "
                "anything else runs on AWS only.",
            )


def _work(svc: Service, running: Running) -> None:
    name = running.name
    doc = change(svc, name, ProcessingStartTime=svc.now())
    try:
        image, role = doc["AppSpecification"]["ImageUri"], doc["RoleArn"]
        with workplace(svc, running, image, role, LOG_GROUP) as place:
            ending = _run(place, doc)
    except JobFailedError as error:
        ending = {"ProcessingJobStatus": "Failed", "FailureReason": str(error)[:1024]}
    except transfer.TransferError as error:
        ending = {"ProcessingJobStatus": "Failed", "FailureReason": str(error)[:1024]}
    except Exception as error:
        reason = f"InternalServerError: {type(error).__name__}: {error}"
        change(svc, name, ProcessingJobStatus="Failed", FailureReason=reason[:1024])
        raise
    change(svc, name, ProcessingEndTime=svc.now(), **ending)


def _run(place: Workplace, doc: Doc) -> Doc:
    """Do the job; returns the members of its ending. Raises JobFailedError, TransferError."""
    try:
        _prepare(place, doc)
    except ValueError as error:
        raise JobFailedError(f"ClientError: {error}") from error
    app = doc["AppSpecification"]
    command = [*app.get("ContainerEntrypoint", []), *app.get("ContainerArguments", [])]
    if not command:
        raise JobFailedError("ClientError: the image has no entry point of its own here: give one")
    timeout = doc["StoppingCondition"]["MaxRuntimeInSeconds"]
    outcome = place.run(command, doc.get("Environment", {}), timeout)
    message = place.text("/opt/ml/output/message")
    told = {"ExitMessage": message} if message else {}
    if place.running.stopping or outcome.timed_out:
        return {"ProcessingJobStatus": "Stopped", **told}
    if outcome.code:
        # SageMaker shows the container's own message in both members.
        reason = algorithm_error(message or "See job logs for more information", outcome.code)
        return {"ProcessingJobStatus": "Failed", "FailureReason": str(reason)[:1024], **told}
    for output in doc.get("ProcessingOutputConfig", {}).get("Outputs", []):
        target = output["S3Output"]
        source = place.container.host_path(target["LocalPath"])
        transfer.upload(place.s3, source, target["S3Uri"])
    return {"ProcessingJobStatus": "Completed", **told}


def _prepare(place: Workplace, doc: Doc) -> None:
    for given in doc.get("ProcessingInputs", []):
        source = given["S3Input"]
        folder = place.make_folder(source["LocalPath"])
        transfer.download(place.s3, source["S3Uri"], folder, source["S3DataType"])
    for output in doc.get("ProcessingOutputConfig", {}).get("Outputs", []):
        place.make_folder(output["S3Output"]["LocalPath"])
    place.make_folder("/opt/ml/output")
    members = (
        "ProcessingJobArn", "ProcessingJobName", "AppSpecification", "Environment",
        "ProcessingInputs", "ProcessingOutputConfig", "ProcessingResources", "RoleArn",
        "StoppingCondition",
    )  # fmt: skip
    config = {key: doc[key] for key in members if key in doc}
    place.write_json("/opt/ml/config/processingjobconfig.json", config)
    hosts = {"current_host": HOST, "hosts": [HOST]}
    place.write_json("/opt/ml/config/resourceconfig.json", hosts)
