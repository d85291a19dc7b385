"""One step from its start to its end: references, cache, attempts, and what is written of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from localcloud.sagemaker.callers import acting_as
from localcloud.sagemaker.jobs.transfer import TransferError
from localcloud.sagemaker.pipelines import cache, control_steps, steps
from localcloud.sagemaker.pipelines.definition import Step
from localcloud.sagemaker.pipelines.journal import Journal
from localcloud.sagemaker.pipelines.permissions import session_arn
from localcloud.sagemaker.pipelines.references import BadReferenceError
from localcloud.sagemaker.pipelines.resolve import Resolver
from localcloud.sagemaker.pipelines.retries import Patience
from localcloud.sagemaker.pipelines.steps import (
    Doc,
    Result,
    StepFailedError,
    StepRun,
    StepStoppedError,
)

Handler = Callable[[StepRun], Result]
HANDLERS: Mapping[str, Handler] = {
    "Processing": steps.run_job,
    "Training": steps.run_job,
    "Transform": steps.run_job,
    "RegisterModel": steps.register_model,
    "Model": steps.create_model,
    "Condition": control_steps.decide,
    "Fail": control_steps.fail,
    "Lambda": control_steps.invoke,
    "Callback": control_steps.call_back,
}
UNRESOLVED = ("Condition", "Fail")


class StepRunner:
    """Runs the steps of one execution; ``handlers`` are what each type of step does."""

    def __init__(
        self,
        journal: Journal,
        role_arn: str,
        resolver: Resolver,
        handlers: Mapping[str, Handler] = HANDLERS,
    ) -> None:
        self._journal = journal
        self._svc = journal.svc
        self._role_arn = role_arn
        self._resolver = resolver
        self._handlers = handlers
        self._runs: dict[str, StepRun] = {}
        self._stopping = threading.Event()

    def run(self, step: Step) -> str:
        """Run one step to its end; returns its status."""
        journal = self._journal
        journal.begin_step(step.name, step.type, step.raw)
        try:
            arguments = {} if step.type in UNRESOLVED else self._resolve(step.arguments)
            signature = self._signature(step, arguments)
            if signature and self._reuse(step, signature):
                return "Succeeded"
            with acting_as(session_arn(self._role_arn)):
                result = self._attempts(step, arguments)
        except StepStoppedError:
            journal.move_step(step.name, "Stopped")
            return "Stopped"
        except StepFailedError as error:
            journal.move_step(step.name, "Failed", FailureReason=str(error)[:1024])
            return "Failed"
        members = {"Metadata": result.metadata} if result.metadata else {}
        doc = journal.move_step(step.name, "Succeeded", Properties=result.properties, **members)
        if signature:
            kept = {
                "ExecutionArn": journal.arn,
                "EndTime": doc["EndTime"],
                "Properties": result.properties,
                "Metadata": result.metadata,
            }
            cache.remember(self._svc, doc["PipelineArn"], step.name, signature, kept)
        return "Succeeded"

    def stop(self, name: str) -> None:
        """End a running step."""
        self._stopping.set()
        run = self._runs.get(name)
        if run is not None:
            self._journal.move_step(name, "Stopping")
            run.stopping.set()
            run.stop()

    def _resolve(self, value: Any) -> Any:
        try:
            return self._resolver.value(value)
        except (BadReferenceError, TransferError) as error:
            raise StepFailedError(f"ClientError: {error}") from error

    def _signature(self, step: Step, arguments: Doc) -> str | None:
        config = step.raw.get("CacheConfig") or {}
        return cache.key(step.type, arguments) if config.get("Enabled") else None

    def _reuse(self, step: Step, signature: str) -> bool:
        """Take over an earlier run's result. A hit is told as a step that succeeds at once."""
        pipeline = self._journal.execution()["Describe"]["PipelineArn"]
        expire_after = step.raw["CacheConfig"]["ExpireAfter"]
        hit = cache.find(self._svc, pipeline, step.name, signature, expire_after)
        if hit is None:
            return False
        self._journal.move_step(
            step.name,
            "Succeeded",
            Properties=hit["Properties"],
            Metadata=hit["Metadata"],
            CacheHitResult={"SourcePipelineExecutionArn": hit["ExecutionArn"]},
        )
        return True

    def _attempts(self, step: Step, arguments: Doc) -> Result:
        """Try until it succeeds, is stopped, or no retry policy is left for how it failed."""
        patience = Patience(step.raw.get("RetryPolicies") or (), self._svc.now())
        attempt = 1
        while True:
            try:
                return self._attempt(step, arguments, attempt)
            except StepFailedError as error:
                wait = patience.wait(error.kind, self._svc.now())
                if wait is None:
                    raise
                if self._stopping.wait(wait):
                    raise StepStoppedError from error
            attempt += 1

    def _attempt(self, step: Step, arguments: Doc, attempt: int) -> Result:
        def executing(metadata: Doc) -> None:
            members = {"Metadata": metadata} if metadata else {}
            self._journal.move_step(step.name, "Executing", AttemptCount=attempt, **members)

        run = StepRun(
            self._svc, step, self._journal.arn, self._role_arn, arguments, self._resolve, executing
        )
        self._runs[step.name] = run
        if self._stopping.is_set():
            raise StepStoppedError
        try:
            return self._handlers[step.type](run)
        finally:
            self._runs.pop(step.name, None)
