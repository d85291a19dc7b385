"""Batch transform jobs: Create, Describe, List, Stop; ``transform_run.py`` does the work."""

from __future__ import annotations

from typing import Any

from localcloud.sagemaker import tags
from localcloud.sagemaker.api import ApiError, operation
from localcloud.sagemaker.jobs import runner, transfer
from localcloud.sagemaker.jobs.runner import Running
from localcloud.sagemaker.jobs.transform_run import run
from localcloud.sagemaker.jobs.workplace import Doc, JobFailedError
from localcloud.sagemaker.models import find_model
from localcloud.sagemaker.paging import page, select
from localcloud.sagemaker.service import Service

KIND = "transform-job"


@operation("CreateTransformJob")
def create_transform_job(svc: Service, request: Doc) -> Doc:
    """Start a job and answer at once, as SageMaker does."""
    name = request["TransformJobName"]
    arn = svc.arn(KIND, name.lower())
    find_model(svc, request["ModelName"])
    _refuse_what_runs_on_aws_only(request)
    doc = {key: value for key, value in request.items() if key != "Tags"}
    doc.update(TransformJobArn=arn, TransformJobStatus="InProgress", CreationTime=svc.now())
    with svc.store.transaction():
        if svc.store.get(KIND, name):
            raise ApiError(
                "ResourceInUse",
                "Job name must be unique within an AWS account and region, and a job with this "
                f"name already exists ({arn})",
            )
        svc.store.put(KIND, name, doc)
        tags.register(svc, arn, request.get("Tags"))
    svc.events.transform_job(doc)
    runner.start(svc, KIND, name, lambda running: _work(svc, running))
    return {"TransformJobArn": arn}


@operation("DescribeTransformJob")
def describe_transform_job(svc: Service, request: Doc) -> Doc:
    """Return the job as it is now."""
    return _found(svc, request["TransformJobName"])


@operation("ListTransformJobs")
def list_transform_jobs(svc: Service, request: Doc) -> Doc:
    """List jobs, newest first."""
    found = select(svc.store.list(KIND), request, "TransformJobName", status="TransformJobStatus")
    members = (
        "TransformJobName", "TransformJobArn", "CreationTime", "TransformEndTime",
        "TransformJobStatus", "FailureReason",
    )  # fmt: skip
    short = [{key: doc[key] for key in members if key in doc} for doc in found]
    return page(short, request, "TransformJobSummaries")


@operation("StopTransformJob")
def stop_transform_job(svc: Service, request: Doc) -> Doc:
    """Ask a running job to end; one that has ended stays as it is."""
    name = request["TransformJobName"]
    if _found(svc, name)["TransformJobStatus"] == "InProgress":
        change(svc, name, TransformJobStatus="Stopping")
    if running := runner.find(svc, KIND, name):
        running.stop()
    return {}


def change(svc: Service, name: str, **members: Any) -> Doc:
    """Change the job's document and tell it if its status is another. Ended jobs stay ended."""
    before = ""

    def apply(doc: Doc) -> None:
        nonlocal before
        before = doc["TransformJobStatus"]
        if before in ("InProgress", "Stopping"):
            doc.update(members)

    doc = svc.store.update(KIND, name, apply)
    if doc["TransformJobStatus"] != before:
        svc.events.transform_job(doc)
    return doc


def _found(svc: Service, name: str) -> Doc:
    doc = svc.store.get(KIND, name)
    if doc is None:
        raise ApiError("ResourceNotFound", f"Could not find requested job with name: {name}")
    return doc


def _refuse_what_runs_on_aws_only(request: Doc) -> None:
    data = request.get("DataProcessing", {})
    source = request["TransformInput"]
    odd = [
        f"DataProcessing.{name}"
        for name, plain in (("InputFilter", "$"), ("OutputFilter", "$"), ("JoinSource", "None"))
        if data.get(name, plain) != plain
    ]
    if source.get("SplitType", "None") not in ("None", "Line"):
        odd.append(f"SplitType {source['SplitType']}")
    if source["DataSource"]["S3DataSource"]["S3DataType"] not in ("S3Prefix", "ManifestFile"):
        odd.append(source["DataSource"]["S3DataSource"]["S3DataType"])
    if odd:
        raise ApiError("ValidationException", f"{', '.join(odd)}: this runs on AWS only.")


def _work(svc: Service, running: Running) -> None:
    name = running.name
    doc = change(svc, name, TransformStartTime=svc.now())
    ending: Doc
    try:
        run(svc, running, doc, find_model(svc, doc["ModelName"]))
        ending = {"TransformJobStatus": "Stopped" if running.stopping else "Completed"}
    except (JobFailedError, transfer.TransferError) as error:
        ending = {"TransformJobStatus": "Failed", "FailureReason": str(error)[:1024]}
    except Exception as error:
        reason = f"InternalServerError: {type(error).__name__}: {error}"
        change(svc, name, TransformJobStatus="Failed", FailureReason=reason[:1024])
        raise
    change(svc, name, TransformEndTime=svc.now(), **ending)
