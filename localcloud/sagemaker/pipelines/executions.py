"""Executions of this process: making them, running them, finding them again."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

from localcloud.sagemaker import callers
from localcloud.sagemaker.api import ApiError
from localcloud.sagemaker.jobs import transfer
from localcloud.sagemaker.jobs.objects import Access
from localcloud.sagemaker.pipelines import definition
from localcloud.sagemaker.pipelines.engine import Engine
from localcloud.sagemaker.pipelines.journal import ENDED, EXECUTIONS, Journal
from localcloud.sagemaker.pipelines.resolve import Resolver
from localcloud.sagemaker.pipelines.steprunner import StepRunner
from localcloud.sagemaker.service import Service

Doc = dict[str, Any]
LOST = "InternalServerError: the local cloud ended while this execution was running"
_engines: dict[tuple[int, str], Engine] = {}
_lock = threading.Lock()


def create(svc: Service, pipeline: Doc, values: Doc, request: Doc) -> str:
    """Write a new execution of ``pipeline`` with parameter ``values``; ``begin`` starts it."""
    arn = f"{pipeline['PipelineArn']}/execution/{svc.unique(12)}"
    now = svc.now()
    describe = {
        "PipelineArn": pipeline["PipelineArn"],
        "PipelineExecutionArn": arn,
        "PipelineExecutionDisplayName": request.get(
            "PipelineExecutionDisplayName", f"execution-{int(now * 1000)}"
        ),
        "PipelineExecutionDescription": request.get("PipelineExecutionDescription"),
        "CreationTime": now,
        "LastModifiedTime": now,
        "CreatedBy": callers.user_context(),
        "LastModifiedBy": callers.user_context(),
        "ParallelismConfiguration": request.get(
            "ParallelismConfiguration", pipeline.get("ParallelismConfiguration")
        ),
    }
    doc = {
        "Describe": {key: value for key, value in describe.items() if value is not None},
        "PipelineName": pipeline["PipelineName"],
        "Definition": pipeline["PipelineDefinition"],
        "Parameters": values,
        "RoleArn": pipeline["RoleArn"],
    }
    svc.store.put(EXECUTIONS, arn, doc)
    return arn


def begin(svc: Service, arn: str) -> None:
    """Start a new execution. Not inside a transaction: events may come back as calls."""
    journal = Journal(svc, arn)
    journal.move("Executing")
    run(journal)


def run(journal: Journal) -> None:
    """Run an execution that is written as Executing; returns at once."""
    doc = journal.execution()
    parsed = definition.parse(doc["Definition"])
    role = doc["RoleArn"]
    resolver = Resolver(
        doc["Parameters"],
        lambda name: _variable(doc, name),
        lambda name: (journal.step(name) or {}).get("Properties", {}),
        lambda uri: _read(journal.svc, role, uri),
        parsed.steps,
    )
    engine = Engine(journal, parsed, StepRunner(journal, role, resolver))
    with _lock:
        for ended in [key for key, old in _engines.items() if old.done.is_set()]:
            del _engines[ended]
        _engines[id(journal.svc.store), journal.arn] = engine
    engine.start()


def find(svc: Service, arn: str) -> Engine | None:
    """The engine of an execution of this process; it may be done."""
    with _lock:
        return _engines.get((id(svc.store), arn))


def stop_all() -> None:
    """End every execution of this process (the cloud goes down)."""
    with _lock:
        engines = list(_engines.values())
        _engines.clear()
    for engine in engines:
        if not engine.done.is_set():
            engine.stop()


def close_lost(svc: Service) -> None:
    """Say so of executions that were running when an earlier process on this home ended."""
    for doc in svc.store.list(EXECUTIONS):
        status = doc["Describe"]["PipelineExecutionStatus"]
        if status in ENDED:
            continue
        journal = Journal(svc, doc["Describe"]["PipelineExecutionArn"])
        for step in journal.steps():
            journal.move_step(step["StepName"], "Failed", FailureReason=LOST)
        if status == "Stopping":
            journal.move("Stopped")
        else:
            journal.move("Failed", FailureReason=LOST)


def _variable(doc: Doc, name: str) -> str:
    describe = doc["Describe"]
    values = {
        "PipelineName": doc["PipelineName"],
        "PipelineArn": describe["PipelineArn"],
        "PipelineExecutionId": describe["PipelineExecutionArn"].rpartition("/")[2],
        "PipelineExecutionArn": describe["PipelineExecutionArn"],
        "StartDateTime": _iso(describe["CreationTime"]),
        "CurrentDateTime": _iso(datetime.now(UTC).timestamp()),
    }
    return str(values[name])


def _iso(epoch: float) -> str:
    text = datetime.fromtimestamp(epoch, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _read(svc: Service, role: str, uri: str) -> bytes:
    try:
        return transfer.read(Access(svc.context, role), uri)
    except ApiError as error:
        raise transfer.TransferError(f"ClientError: {error.message}") from error
