"""Pipelines: Create, Update, Describe, Delete, List."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from localcloud.sagemaker import callers, tags
from localcloud.sagemaker.api import ApiError, operation
from localcloud.sagemaker.paging import page, select
from localcloud.sagemaker.pipelines import cache, definition
from localcloud.sagemaker.pipelines.journal import ENDED, EXECUTIONS, STEPS
from localcloud.sagemaker.service import Service

PIPELINES = "pipeline"
Doc = dict[str, Any]


@operation("CreatePipeline")
def create_pipeline(svc: Service, request: Doc) -> Doc:
    """Create a pipeline from a definition that can be run here."""
    name = request["PipelineName"]
    arn = svc.arn(PIPELINES, name)
    now = svc.now()
    doc = {
        "PipelineArn": arn,
        "PipelineName": name,
        "PipelineDisplayName": request.get("PipelineDisplayName", name),
        "PipelineDefinition": _definition(svc, request),
        "RoleArn": request["RoleArn"],
        "PipelineStatus": "Active",
        "CreationTime": now,
        "LastModifiedTime": now,
        "CreatedBy": callers.user_context(),
        "LastModifiedBy": callers.user_context(),
        **_optional(request),
    }
    with svc.store.transaction():
        existing = svc.store.get(PIPELINES, name)
        if existing and existing["ClientRequestToken"] == request["ClientRequestToken"]:
            return {"PipelineArn": arn}
        if existing:
            raise ApiError(
                "ValidationException",
                "Pipeline names must be unique within an AWS account and region. Pipeline with "
                f"name ({name}) already exists.",
            )
        token = {"ClientRequestToken": request["ClientRequestToken"]}
        svc.store.put(PIPELINES, name, {**doc, **token})
        tags.register(svc, arn, request.get("Tags"))
    return {"PipelineArn": arn}


@operation("UpdatePipeline")
def update_pipeline(svc: Service, request: Doc) -> Doc:
    """Change what the request names; running executions keep their definition."""
    name = found(svc, request["PipelineName"])["PipelineName"]
    changes = _optional(request)
    for member in ("PipelineDisplayName", "RoleArn"):
        if member in request:
            changes[member] = request[member]
    if "PipelineDefinition" in request or "PipelineDefinitionS3Location" in request:
        changes["PipelineDefinition"] = _definition(svc, request)
    changes.update(LastModifiedTime=svc.now(), LastModifiedBy=callers.user_context())
    doc = svc.store.update(PIPELINES, name, lambda doc: {**doc, **changes})
    return {"PipelineArn": doc["PipelineArn"]}


@operation("DescribePipeline")
def describe_pipeline(svc: Service, request: Doc) -> Doc:
    """Return the pipeline with its definition."""
    doc = found(svc, request["PipelineName"])
    doc.pop("ClientRequestToken")
    return doc


@operation("DeletePipeline")
def delete_pipeline(svc: Service, request: Doc) -> Doc:
    """Delete a pipeline and its executions; refused while one of them runs."""
    doc = found(svc, request["PipelineName"])
    arn = doc["PipelineArn"]
    with svc.store.transaction():
        executions = [entry["Describe"] for entry in svc.store.list(EXECUTIONS, f"{arn}/")]
        running = [e for e in executions if e["PipelineExecutionStatus"] not in ENDED]
        if running:
            raise ApiError(
                "ConflictException",
                f"Pipeline {arn} has running executions: "
                + ", ".join(entry["PipelineExecutionArn"] for entry in running),
            )
        for execution in executions:
            execution_arn = execution["PipelineExecutionArn"]
            for step in svc.store.list(STEPS, f"{execution_arn}/"):
                svc.store.delete(STEPS, f"{execution_arn}/{step['StepName']}")
            svc.store.delete(EXECUTIONS, execution_arn)
        svc.store.delete(PIPELINES, doc["PipelineName"])
        cache.forget(svc, arn)
        tags.forget(svc, arn)
    return {"PipelineArn": arn}


@operation("ListPipelines")
def list_pipelines(svc: Service, request: Doc) -> Doc:
    """List pipelines, newest first."""
    docs = svc.store.list(PIPELINES, request.get("PipelineNamePrefix", ""))
    chosen = select(docs, created(request), "PipelineName")
    members = (
        "PipelineArn", "PipelineName", "PipelineDisplayName", "PipelineDescription", "RoleArn",
        "CreationTime", "LastModifiedTime",
    )  # fmt: skip
    short = []
    for doc in chosen:
        entry = {key: doc[key] for key in members if key in doc}
        if "LastRunTime" in doc:
            entry["LastExecutionTime"] = doc["LastRunTime"]
        short.append(entry)
    return page(short, request, "PipelineSummaries")


def found(svc: Service, name_or_arn: str) -> Doc:
    """The document of a pipeline. Raises ResourceNotFound."""
    doc = svc.store.get(PIPELINES, name_or_arn.rpartition("/")[2])
    if doc is None:
        arn = name_or_arn if name_or_arn.startswith("arn:") else svc.arn(PIPELINES, name_or_arn)
        raise ApiError("ResourceNotFound", f"Pipeline '{arn}' does not exist.")
    return doc


def created(request: Doc) -> Doc:
    """The request with the names that ``paging.select`` knows for its time limits."""
    names = {"CreatedAfter": "CreationTimeAfter", "CreatedBefore": "CreationTimeBefore"}
    return {names.get(key, key): value for key, value in request.items()}


def _optional(request: Doc) -> Doc:
    members = ("PipelineDescription", "ParallelismConfiguration")
    return {member: request[member] for member in members if member in request}


def _definition(svc: Service, request: Doc) -> str:
    """The definition's text, checked. Raises ValidationException."""
    text = request.get("PipelineDefinition")
    location = request.get("PipelineDefinitionS3Location")
    if (text is None) == (location is None):
        raise ApiError(
            "ValidationException",
            "Exactly one of PipelineDefinition and PipelineDefinitionS3Location must be given.",
        )
    if location is not None:
        where = {"Bucket": location["Bucket"], "Key": location["ObjectKey"]}
        if "VersionId" in location:
            where["VersionId"] = location["VersionId"]
        try:
            text = svc.context.client("s3").get_object(**where)["Body"].read().decode()
        except (ClientError, UnicodeDecodeError) as error:
            raise ApiError("ValidationException", str(error)) from error
    try:
        definition.parse(str(text))
    except definition.DefinitionError as error:
        raise ApiError(
            "ValidationException", f"Unable to parse pipeline definition: {error}"
        ) from error
    return str(text)
