"""The order of steps, and what happens when one fails, is stopped or is tried again."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from localcloud.sagemaker.pipelines import definition, retries
from localcloud.sagemaker.pipelines.control_steps import decide, fail
from localcloud.sagemaker.pipelines.engine import Engine
from localcloud.sagemaker.pipelines.journal import EXECUTIONS, Journal
from localcloud.sagemaker.pipelines.resolve import Resolver
from localcloud.sagemaker.pipelines.steprunner import StepRunner
from localcloud.sagemaker.pipelines.steps import (
    Result,
    StepFailedError,
    StepRun,
    StepStoppedError,
)
from tests.support.waiting import wait_until
from tests.unit.localcloud.sagemaker.conftest import Desk

Doc = dict[str, Any]
PIPELINE = "arn:aws:sagemaker:us-east-1:000000000000:pipeline/p"
ARN = f"{PIPELINE}/execution/abcdefghijkl"


def step(name: str, *needs: str, kind: str = "Processing", **more: Any) -> Doc:
    return {"Name": name, "Type": kind, "Arguments": {}, "DependsOn": list(needs), **more}


@dataclass
class Stage:
    """An execution whose jobs are functions of the test."""

    desk: Desk
    jobs: dict[str, Callable[[StepRun], Result]] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)
    engine: Engine | None = None
    values: Doc = field(default_factory=dict)

    @property
    def journal(self) -> Journal:
        return Journal(self.desk.svc, ARN)

    def begin(self, *steps: Doc, limit: int | None = None) -> Engine:
        text = json.dumps({"Version": "2020-12-01", "Steps": steps})
        config = {"ParallelismConfiguration": {"MaxParallelExecutionSteps": limit}} if limit else {}
        now = self.desk.svc.now()
        names = {"PipelineArn": PIPELINE, "PipelineExecutionArn": ARN}
        times = {"CreationTime": now, "LastModifiedTime": now}
        self.desk.svc.store.put(
            EXECUTIONS, ARN, {"Describe": {**names, **times, **config}, "Definition": text}
        )
        self.journal.move("Executing")
        return self.go_on()

    def go_on(self) -> Engine:
        parsed = definition.parse(self.journal.execution()["Definition"])
        resolver = Resolver({}, str, self.values.__getitem__, lambda _: b"{}", parsed.steps)
        role = "arn:aws:iam::000000000000:role/exec"
        handlers = {"Processing": self._job, "Condition": decide, "Fail": fail}
        runner = StepRunner(self.journal, role, resolver, handlers)
        self.engine = Engine(self.journal, parsed, runner)
        self.engine.start()
        return self.engine

    def _job(self, run: StepRun) -> Result:
        self.ran.append(run.step.name)
        metadata = {"ProcessingJob": {"Arn": f"arn:{run.step.name}"}}
        run.executing(metadata)
        return self.jobs.get(run.step.name, lambda _: Result({}, metadata))(run)

    def end(self) -> Doc:
        assert self.engine is not None
        assert self.engine.done.wait(10)
        describe: Doc = self.journal.execution()["Describe"]
        return describe

    def statuses(self) -> dict[str, str]:
        return {doc["StepName"]: doc["StepStatus"] for doc in self.journal.steps()}

    def told(self, name: str) -> list[tuple[str | None, str]]:
        return [
            (detail.get("previousStepStatus"), detail["currentStepStatus"])
            for _, _, detail in self.desk.heard
            if detail.get("stepName") == name
        ]


@pytest.fixture
def stage(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setenv("SLIPWAY_TIME_SCALE", "0")
    found = Stage(desk)
    yield found
    if found.engine is not None:
        found.engine.stop()
        assert found.engine.done.wait(10)


def failing(kind: str | None = None) -> Callable[[StepRun], Result]:
    def job(run: StepRun) -> Result:
        raise StepFailedError("AlgorithmError: no, exit code: 1", kind)

    return job


def test_steps_run_in_the_order_of_their_needs(stage: Stage) -> None:
    stage.begin(step("C", "B"), step("B", "A"), step("A"))
    assert stage.end()["PipelineExecutionStatus"] == "Succeeded"
    assert stage.ran == ["A", "B", "C"]


def test_every_status_is_told_with_the_one_before(stage: Stage) -> None:
    stage.begin(step("A"))
    stage.end()
    assert stage.told("A") == [
        (None, "Starting"), ("Starting", "Executing"), ("Executing", "Succeeded"),
    ]  # fmt: skip
    executions = [
        (detail.get("previousPipelineExecutionStatus"), detail["currentPipelineExecutionStatus"])
        for _, _, detail in stage.desk.heard
        if "currentPipelineExecutionStatus" in detail
    ]
    assert executions == [(None, "Executing"), ("Executing", "Succeeded")]


def test_independent_steps_run_at_the_same_time(stage: Stage) -> None:
    together = threading.Barrier(3, timeout=5)

    def meet(run: StepRun) -> Result:
        together.wait()
        return Result()

    stage.jobs = dict.fromkeys("ABC", meet)
    stage.begin(step("A"), step("B"), step("C"))
    assert stage.end()["PipelineExecutionStatus"] == "Succeeded"


def test_the_parallelism_configuration_is_a_limit(stage: Stage) -> None:
    busy: list[int] = []
    now = [0]
    lock = threading.Lock()

    def count(run: StepRun) -> Result:
        with lock:
            now[0] += 1
            busy.append(now[0])
        threading.Event().wait(0.01)
        with lock:
            now[0] -= 1
        return Result()

    stage.jobs = dict.fromkeys("ABCDE", count)
    stage.begin(*[step(name) for name in "ABCDE"], limit=2)
    stage.end()
    assert max(busy) == 2


def test_a_failure_stops_what_needs_it_and_nothing_else(stage: Stage) -> None:
    failed = threading.Event()

    def late(run: StepRun) -> Result:
        assert failed.wait(5)
        return Result()

    def bad(run: StepRun) -> Result:
        failed.set()
        raise StepFailedError("AlgorithmError: no, exit code: 1")

    stage.jobs = {"Bad": bad, "Other": late}
    stage.begin(
        step("Bad"),
        step("After", "Bad"),
        step("Later", "After"),
        step("Other"),
        step("Next", "Other"),
    )
    end = stage.end()
    assert end["PipelineExecutionStatus"] == "Failed"
    assert end["FailureReason"] == "Step failure: One or multiple steps failed."
    assert stage.statuses() == {"Bad": "Failed", "Other": "Succeeded", "Next": "Succeeded"}
    assert stage.journal.step("Bad")["FailureReason"] == "AlgorithmError: no, exit code: 1"


@pytest.mark.parametrize(("value", "ran"), [(1, ["Yes", "YesToo"]), (0, ["No"])])
def test_a_condition_runs_one_branch_only(stage: Stage, value: int, ran: list[str]) -> None:
    ask = step(
        "Ask",
        kind="Condition",
        Arguments={
            "Conditions": [{"Type": "Equals", "LeftValue": value, "RightValue": 1}],
            "IfSteps": [step("YesToo", "Yes"), step("Yes")],
            "ElseSteps": [step("No")],
        },
    )
    stage.begin(ask)
    assert stage.end()["PipelineExecutionStatus"] == "Succeeded"
    assert stage.ran == ran
    outcome = "True" if value else "False"
    assert stage.journal.step("Ask")["Metadata"] == {"Condition": {"Outcome": outcome}}


def test_a_fail_step_fails_the_execution_with_its_message(stage: Stage) -> None:
    message = {"Std:Join": {"On": " ", "Values": ["auc", 0.7, "is too low"]}}
    stage.begin(step("Refuse", kind="Fail", Arguments={"ErrorMessage": message}))
    assert stage.end()["PipelineExecutionStatus"] == "Failed"
    doc = stage.journal.step("Refuse")
    assert doc["FailureReason"] == "auc 0.7 is too low"
    assert doc["Metadata"] == {"Fail": {"ErrorMessage": "auc 0.7 is too low"}}


def test_a_transient_failure_is_tried_again_as_its_policy_says(stage: Stage) -> None:
    attempts = []

    def flaky(run: StepRun) -> Result:
        attempts.append(run)
        if len(attempts) < 3:
            raise StepFailedError("InternalServerError: x", retries.JOB_INTERNAL_ERROR)
        return Result()

    stage.jobs = {"A": flaky}
    policy = {"ExceptionType": [retries.JOB_INTERNAL_ERROR], "MaxAttempts": 2}
    stage.begin(step("A", RetryPolicies=[policy]))
    assert stage.end()["PipelineExecutionStatus"] == "Succeeded"
    assert stage.journal.step("A")["AttemptCount"] == 3


def test_a_fault_of_the_script_is_not_tried_again(stage: Stage) -> None:
    stage.jobs = {"A": failing()}
    policy = {"ExceptionType": [retries.JOB_INTERNAL_ERROR], "MaxAttempts": 2}
    stage.begin(step("A", RetryPolicies=[policy]))
    assert stage.end()["PipelineExecutionStatus"] == "Failed"
    assert stage.ran == ["A"]


def test_a_stop_ends_running_steps_and_starts_no_more(stage: Stage) -> None:
    began, ended = threading.Event(), threading.Event()

    def long(run: StepRun) -> Result:
        run.stop = ended.set
        began.set()
        assert ended.wait(5)
        raise StepStoppedError

    stage.jobs = {"A": long}
    engine = stage.begin(step("A"), step("B", "A"))
    assert began.wait(5)
    stage.journal.move("Stopping")
    engine.stop()
    assert stage.end()["PipelineExecutionStatus"] == "Stopped"
    assert stage.statuses() == {"A": "Stopped"}
    assert stage.told("A")[-2:] == [("Executing", "Stopping"), ("Stopping", "Stopped")]


def test_a_stop_ends_the_wait_for_the_next_attempt(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLIPWAY_TIME_SCALE", "1")
    stage.jobs = {"A": failing(retries.THROTTLING)}
    policy = {"ExceptionType": [retries.THROTTLING], "IntervalSeconds": 600}
    engine = stage.begin(step("A", RetryPolicies=[policy]))
    wait_until(lambda: stage.ran == ["A"], 5)
    engine.stop()
    assert stage.end()["PipelineExecutionStatus"] == "Stopped"


def test_a_retried_execution_keeps_what_succeeded(stage: Stage) -> None:
    stage.jobs = {"B": failing()}
    stage.begin(step("A"), step("B", "A"), step("C", "B"))
    assert stage.end()["PipelineExecutionStatus"] == "Failed"
    stage.jobs = {}
    stage.journal.reopen()
    stage.go_on()
    assert stage.end()["PipelineExecutionStatus"] == "Succeeded"
    assert stage.ran == ["A", "B", "B", "C"]
    assert "FailureReason" not in stage.end()


CACHED = {"CacheConfig": {"Enabled": True, "ExpireAfter": "P1D"}}


def test_a_cached_step_is_not_run_again_and_says_where_it_ran(stage: Stage) -> None:
    stage.begin(step("A", **CACHED))
    stage.end()
    stage.journal.forget_step("A")
    stage.journal.reopen()
    stage.go_on()
    stage.end()
    assert stage.ran == ["A"]
    doc = stage.journal.step("A")
    assert doc["CacheHitResult"] == {"SourcePipelineExecutionArn": ARN}
    assert doc["Metadata"] == {"ProcessingJob": {"Arn": "arn:A"}}
    last = [detail for _, _, detail in stage.desk.heard if detail.get("stepName") == "A"][-1]
    assert last["cacheHitResult"] == {"sourcePipelineExecutionArn": ARN}


def test_a_failed_step_is_never_taken_from_the_cache(stage: Stage) -> None:
    stage.jobs = {"A": failing()}
    stage.begin(step("A", **CACHED))
    stage.end()
    stage.jobs = {}
    stage.journal.reopen()
    stage.go_on()
    assert stage.end()["PipelineExecutionStatus"] == "Succeeded"
    assert stage.ran == ["A", "A"]


def test_a_fault_of_the_engine_fails_the_step_instead_of_hanging(stage: Stage) -> None:
    def broken(run: StepRun) -> Result:
        raise RuntimeError("oops")

    stage.jobs = {"A": broken}
    stage.begin(step("A"))
    assert stage.end()["PipelineExecutionStatus"] == "Failed"
    assert stage.journal.step("A")["FailureReason"] == "InternalServerError: RuntimeError: oops"
