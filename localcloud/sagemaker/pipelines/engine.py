"""Running one execution: every step as soon as what it needs is there, several at once.

One thread schedules and one runs each step; they wake each other, nothing polls. A failed step
keeps the steps that need it from starting; all others run to their end, then the execution has
failed.
"""

from __future__ import annotations

import logging
import threading
from typing import Any

from localcloud.sagemaker.pipelines.definition import Definition, Step
from localcloud.sagemaker.pipelines.journal import Journal
from localcloud.sagemaker.pipelines.steprunner import StepRunner

MAX_PARALLEL = 50
STEPS_FAILED = "Step failure: One or multiple steps failed."
_logger = logging.getLogger(__name__)


class Engine:
    """One execution under way. ``done`` is set once its last document is stored."""

    def __init__(self, journal: Journal, definition: Definition, steps: StepRunner) -> None:
        self.journal = journal
        self.definition = definition
        self.done = threading.Event()
        self._steps = steps
        self._outcomes: dict[str, str] = {}
        self._active: set[str] = set()
        self._stopping = False
        self._changed = threading.Condition()

    def start(self) -> None:
        """Begin; returns at once. Steps that an earlier attempt finished are kept as they are."""
        for doc in self.journal.steps():
            if doc["StepStatus"] == "Succeeded":
                self._outcomes[doc["StepName"]] = "Succeeded"
            else:
                self.journal.forget_step(doc["StepName"])
        arn = self.journal.arn.rpartition("/")[2]
        threading.Thread(target=self._run, name=f"pipeline-{arn}", daemon=True).start()

    def stop(self) -> None:
        """Start no further step and end those that run. Returns at once."""
        with self._changed:
            if self._stopping:
                return
            self._stopping = True
            self._changed.notify_all()
        for name in list(self._active):
            self._steps.stop(name)

    def _run(self) -> None:
        try:
            with self._changed:
                while self._start_what_is_ready() or self._active:
                    self._changed.wait()
            self._finish()
        except Exception as error:
            _logger.exception("execution %s failed in the understudy", self.journal.arn)
            reason = f"InternalServerError: {type(error).__name__}: {error}"
            self.journal.move("Failed", FailureReason=reason[:1300])
        finally:
            self.done.set()

    def _finish(self) -> None:
        failed = "Failed" in self._outcomes.values()
        if self._stopping:
            self.journal.move("Stopped")
        elif failed:
            self.journal.move("Failed", FailureReason=STEPS_FAILED)
        else:
            self.journal.move("Succeeded")

    def _start_what_is_ready(self) -> bool:
        """Start every step that can; tell whether any was. Decides what will never run as well."""
        if self._stopping:
            return False
        started = False
        for step in self.definition.steps.values():
            if step.name in self._outcomes or step.name in self._active:
                continue
            verdict = self._verdict(step)
            if verdict == "skip":
                self._outcomes[step.name] = "Skipped"
            elif verdict == "start" and len(self._active) < self._limit():
                self._active.add(step.name)
                started = True
                thread = threading.Thread(
                    target=self._run_step, args=(step,), name=f"step-{step.name}", daemon=True
                )
                thread.start()
        return started

    def _verdict(self, step: Step) -> str:
        """Say "start", "wait" or "skip". Definition order puts a branch after its condition."""
        outcomes = [self._outcomes.get(name) for name in step.needs]
        if any(outcome is not None and outcome != "Succeeded" for outcome in outcomes):
            return "skip"
        if any(outcome is None for outcome in outcomes):
            return "wait"
        if step.branch is None:
            return "start"
        condition, side = step.branch
        doc = self.journal.step(condition)
        met = doc is not None and doc["Properties"]["Outcome"] == "True"
        return "start" if met == (side == "IfSteps") else "skip"

    def _limit(self) -> int:
        config: dict[str, Any] = self.journal.execution()["Describe"].get(
            "ParallelismConfiguration", {}
        )
        return int(config.get("MaxParallelExecutionSteps", MAX_PARALLEL))

    def _run_step(self, step: Step) -> None:
        outcome = "Failed"
        try:
            outcome = self._steps.run(step)
        except Exception as error:
            _logger.exception("step %s failed in the understudy", step.name)
            reason = f"InternalServerError: {type(error).__name__}: {error}"
            self.journal.move_step(step.name, "Failed", FailureReason=reason[:1024])
        finally:
            with self._changed:
                self._outcomes[step.name] = outcome
                self._active.discard(step.name)
                self._changed.notify_all()
