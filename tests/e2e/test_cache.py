"""What a second run does again: nothing, or only what depends on what changed."""

from __future__ import annotations

from typing import Any

from localcloud.watch import Watcher
from tests.e2e.conftest import Released
from tests.support.loop import Loop, review_id
from tests.support.models import Models
from tests.support.waiting import wait_until

JOBS = ("CheckData", "Preprocess", "Train", "Evaluate")


def jobs(loop: Loop) -> set[str]:
    """The names of all jobs that were ever run."""
    processing = loop.sagemaker.get_paginator("list_processing_jobs").paginate()
    training = loop.sagemaker.get_paginator("list_training_jobs").paginate()
    found = {
        one["ProcessingJobName"] for page in processing for one in page["ProcessingJobSummaries"]
    }
    return found | {
        one["TrainingJobName"] for page in training for one in page["TrainingJobSummaries"]
    }


def cached(loop: Loop, execution: dict[str, Any]) -> dict[str, bool]:
    """Which job steps of a run came from the cache."""
    steps = loop.steps(execution)
    return {name: "CacheHitResult" in steps[name] for name in JOBS}


def rejected(loop: Loop, commit: str) -> dict[str, Any]:
    """The run of a commit; its version is rejected, so that nothing of it stays open."""
    version = loop.registered(commit)
    loop.decide(review_id(version), "reject", "Only run to see the cache")
    return loop.pipeline(commit)


def test_the_same_content_and_data_run_no_job_and_the_events_say_so(
    loop: Loop, first: Released
) -> None:
    rejected(loop, loop.push(message="After the first version went live"))
    before = jobs(loop)
    watcher = Watcher(loop.cloud, {})
    execution = rejected(loop, loop.push(message="Nothing changed"))

    assert cached(loop, execution) == dict.fromkeys(JOBS, True)
    assert jobs(loop) == before

    def hits() -> dict[str, str] | None:
        watcher.poll(0)
        details = [event["detail"] for event in watcher.events]
        found = {
            detail["stepName"]: detail["cacheHitResult"]["sourcePipelineExecutionArn"]
            for detail in details
            if detail.get("cacheHitResult")
            and detail["pipelineExecutionArn"] == execution["PipelineExecutionArn"]
        }
        return found if len(found) == len(JOBS) else None

    found: dict[str, str] | None = wait_until(hits)
    assert found is not None
    assert set(found) == set(JOBS)


def test_a_changed_evaluate_script_needs_no_rendering_and_runs_evaluate_alone(
    loop: Loop, first: Released, models: Models
) -> None:
    rejected(loop, loop.push(message="Fill the cache"))
    script = models.source / "steps" / "evaluate.py"
    script.write_text(script.read_text() + "\n# Looked at once more.\n")
    before = jobs(loop)
    execution = rejected(loop, loop.push(models.source, "Another evaluation"))

    assert cached(loop, execution) == {
        "CheckData": True,
        "Preprocess": True,
        "Train": True,
        "Evaluate": False,
    }
    assert len(jobs(loop) - before) == 1
