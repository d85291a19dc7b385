"""Executions: Start, Stop, Retry, Update, Describe, List, and the answers to callback steps."""

from __future__ import annotations

from typing import Any

from localcloud.sagemaker import callers
from localcloud.sagemaker.api import ApiError, operation
from localcloud.sagemaker.paging import page, select
from localcloud.sagemaker.pipelines import definition, executions
from localcloud.sagemaker.pipelines.api import PIPELINES, created, found
from localcloud.sagemaker.pipelines.control_steps import CALLBACKS
from localcloud.sagemaker.pipelines.journal import EXECUTIONS, Journal
from localcloud.sagemaker.pipelines.parameters import given_values
from localcloud.sagemaker.service import Service

TOKENS = "pipeline-token"
Doc = dict[str, Any]


@operation("StartPipelineExecution")
def start_pipeline_execution(svc: Service, request: Doc) -> Doc:
    """Start an execution; the same ClientRequestToken starts it once."""
    pipeline = found(svc, request["PipelineName"])
    if "SelectiveExecutionConfig" in request:
        raise ApiError("ValidationException", "Selective execution runs on AWS only.")
    declared = definition.parse(pipeline["PipelineDefinition"]).parameters
    try:
        values = given_values(declared, request.get("PipelineParameters", []))
    except ValueError as error:
        raise ApiError("ValidationException", str(error)) from error
    key = f"{pipeline['PipelineArn']}/{request['ClientRequestToken']}"
    with svc.store.transaction():
        before = svc.store.get(TOKENS, key)
        if before:
            return {"PipelineExecutionArn": before["Arn"]}
        arn = executions.create(svc, pipeline, values, request)
        svc.store.put(TOKENS, key, {"Arn": arn})
        run_time = {"LastRunTime": svc.now()}
        svc.store.update(PIPELINES, pipeline["PipelineName"], lambda doc: {**doc, **run_time})
    executions.begin(svc, arn)
    return {"PipelineExecutionArn": arn}


@operation("StopPipelineExecution")
def stop_pipeline_execution(svc: Service, request: Doc) -> Doc:
    """Stop an execution: what runs is ended, nothing more is started."""
    journal = _journal(svc, request)
    status = journal.execution()["Describe"]["PipelineExecutionStatus"]
    if status == "Executing" and journal.move("Stopping", LastModifiedBy=callers.user_context()):
        engine = executions.find(svc, journal.arn)
        if engine is not None:
            engine.stop()
    elif status not in ("Executing", "Stopping"):
        raise ApiError(
            "ConflictException",
            f"Pipeline execution with ARN {journal.arn} is in status {status}.",
        )
    return {"PipelineExecutionArn": journal.arn}


@operation("RetryPipelineExecution")
def retry_pipeline_execution(svc: Service, request: Doc) -> Doc:
    """Run a failed or stopped execution again from where it ended."""
    journal = _journal(svc, request)
    status = journal.execution()["Describe"]["PipelineExecutionStatus"]
    engine = executions.find(svc, journal.arn)
    if status not in ("Failed", "Stopped") or (engine and not engine.done.wait(1)):
        raise ApiError(
            "ConflictException",
            f"Only executions in status Failed or Stopped can be retried; {journal.arn} is in "
            f"status {status}.",
        )
    _update(journal, request, ("ParallelismConfiguration",))
    journal.reopen()
    executions.run(journal)
    return {"PipelineExecutionArn": journal.arn}


@operation("UpdatePipelineExecution")
def update_pipeline_execution(svc: Service, request: Doc) -> Doc:
    """Change an execution's name, description or parallelism."""
    journal = _journal(svc, request)
    members = (
        "PipelineExecutionDisplayName", "PipelineExecutionDescription", "ParallelismConfiguration",
    )  # fmt: skip
    _update(journal, request, members)
    return {"PipelineExecutionArn": journal.arn}


@operation("DescribePipelineExecution")
def describe_pipeline_execution(svc: Service, request: Doc) -> Doc:
    """Return the execution as it is now."""
    describe: Doc = _journal(svc, request).execution()["Describe"]
    return describe


@operation("DescribePipelineDefinitionForExecution")
def describe_pipeline_definition_for_execution(svc: Service, request: Doc) -> Doc:
    """Return the definition that the execution runs (its pipeline may have another by now)."""
    doc = _journal(svc, request).execution()
    created_at = doc["Describe"]["CreationTime"]
    return {"PipelineDefinition": doc["Definition"], "CreationTime": created_at}


@operation("ListPipelineParametersForExecution")
def list_pipeline_parameters_for_execution(svc: Service, request: Doc) -> Doc:
    """List the value of every parameter, defaults as well."""
    values = _journal(svc, request).execution()["Parameters"]
    listed = [{"Name": name, "Value": str(value)} for name, value in values.items()]
    return page(listed, request, "PipelineParameters", size=200)


@operation("ListPipelineExecutions")
def list_pipeline_executions(svc: Service, request: Doc) -> Doc:
    """List a pipeline's executions, newest first."""
    arn = found(svc, request["PipelineName"])["PipelineArn"]
    docs = [entry["Describe"] for entry in svc.store.list(EXECUTIONS, f"{arn}/execution/")]
    chosen = select(docs, created(request), "PipelineExecutionArn")
    members = {
        "PipelineExecutionArn": "PipelineExecutionArn",
        "CreationTime": "StartTime",
        "PipelineExecutionStatus": "PipelineExecutionStatus",
        "PipelineExecutionDescription": "PipelineExecutionDescription",
        "PipelineExecutionDisplayName": "PipelineExecutionDisplayName",
        "FailureReason": "PipelineExecutionFailureReason",
    }
    short = [{new: doc[old] for old, new in members.items() if old in doc} for doc in chosen]
    return page(short, request, "PipelineExecutionSummaries")


@operation("ListPipelineExecutionSteps")
def list_pipeline_execution_steps(svc: Service, request: Doc) -> Doc:
    """List the steps that were started, the last one first."""
    steps = _journal(svc, request).steps()
    if request.get("SortOrder", "Descending") == "Descending":
        steps.reverse()
    members = (
        "StepName", "StepDisplayName", "StepDescription", "StartTime", "EndTime", "StepStatus",
        "CacheHitResult", "FailureReason", "Metadata", "AttemptCount",
    )  # fmt: skip
    short = [{key: step[key] for key in members if key in step} for step in steps]
    return page(short, request, "PipelineExecutionSteps")


@operation("SendPipelineExecutionStepSuccess")
def send_pipeline_execution_step_success(svc: Service, request: Doc) -> Doc:
    """Let a callback step succeed."""
    outputs = request.get("OutputParameters", [])
    return _answer(request["CallbackToken"], {"OutputParameters": outputs})


@operation("SendPipelineExecutionStepFailure")
def send_pipeline_execution_step_failure(svc: Service, request: Doc) -> Doc:
    """Let a callback step fail."""
    return _answer(request["CallbackToken"], {"FailureReason": request.get("FailureReason", "")})


def _answer(token: str, answer: Doc) -> Doc:
    arn = CALLBACKS.answer(token, answer)
    if arn is None:
        raise ApiError("ResourceNotFound", f"No step waits for the callback token {token}.")
    return {"PipelineExecutionArn": arn}


def _journal(svc: Service, request: Doc) -> Journal:
    arn = request.get("PipelineExecutionArn", "")
    if svc.store.get(EXECUTIONS, arn) is None:
        raise ApiError("ResourceNotFound", f"Pipeline execution with ARN {arn} does not exist.")
    return Journal(svc, arn)


def _update(journal: Journal, request: Doc, members: tuple[str, ...]) -> None:
    changes = {member: request[member] for member in members if member in request}
    changes.update(LastModifiedTime=journal.svc.now(), LastModifiedBy=callers.user_context())

    def change(doc: Doc) -> None:
        doc["Describe"].update(changes)

    journal.svc.store.update(EXECUTIONS, journal.arn, change)
