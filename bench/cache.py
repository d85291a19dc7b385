"""What a second run of the same content and data costs, as a share of the first.

    make bench-cache          (or: python -m bench.cache [--rows 5000] [--runs 3])

On one local cloud with the deployed stack: one push that runs every job, then pushes of commits
with the same content. A run's time is the pipeline's own, from its start to its end as SageMaker
says them; the build before it and the review after it are left out. Exit code 1 above the aim.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from localcloud import cloud as clouds
from localcloud.application import Application, bring_up, generated_table
from localcloud.journey import pipeline_steps

AIM = 0.1
SEED = 7
JOBS = ("CheckData", "Preprocess", "Train", "Evaluate")
_LIMIT_SECONDS = 300
_LOOK_SECONDS = 0.1


def pushed(application: Application, message: str) -> Mapping[str, Any]:
    """Push a commit and return its pipeline execution, ended well."""
    sagemaker = application.cloud.client("sagemaker")
    name = application.outputs["PipelineName"]
    commit = application.push(message)

    deadline = time.monotonic() + _LIMIT_SECONDS
    while not (execution := _ended(sagemaker, name, commit)):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{message}: no pipeline ended within {_LIMIT_SECONDS} s")
        time.sleep(_LOOK_SECONDS)
    if execution["PipelineExecutionStatus"] != "Succeeded":
        raise RuntimeError(f"{message}: {execution.get('FailureReason', execution)}")
    return execution


def _ended(sagemaker: Any, pipeline: str, commit: str) -> Mapping[str, Any] | None:
    """Return the commit's execution if it has ended."""
    try:
        listed = sagemaker.list_pipeline_executions(PipelineName=pipeline)
    except sagemaker.exceptions.ResourceNotFound:
        return None
    for one in listed["PipelineExecutionSummaries"]:
        described: Mapping[str, Any] = sagemaker.describe_pipeline_execution(
            PipelineExecutionArn=one["PipelineExecutionArn"]
        )
        ours = described.get("PipelineExecutionDescription", "").startswith(commit[:10])
        if ours and described["PipelineExecutionStatus"] != "Executing":
            return described
    return None


def seconds(application: Application, execution: Mapping[str, Any]) -> tuple[float, int]:
    """Return how long the pipeline took, and how many of its jobs came from the cache."""
    steps = pipeline_steps(application.cloud.client("sagemaker"), execution["PipelineExecutionArn"])
    took = max(step["EndTime"] for step in steps) - min(step["StartTime"] for step in steps)
    hits = [step for step in steps if step["StepName"] in JOBS and step.get("CacheHitResult")]
    return took.total_seconds(), len(hits)


def main() -> int:
    """Measure as the command line asks."""
    parser = argparse.ArgumentParser(description="Measure what a cached run costs.")
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--runs", type=int, default=3, help="cached runs; the median counts")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-cache-") as folder:
        home = Path(folder)
        with clouds.start(home / "cloud") as cloud:
            table = generated_table(home / "table", options.rows, SEED)
            application = bring_up(cloud, table, home / "models")
            first, hits = seconds(application, pushed(application, "First"))
            assert hits == 0, "the first run must run every job"
            again = [
                seconds(application, pushed(application, f"Again {count + 1}"))
                for count in range(options.runs)
            ]
    if any(hits != len(JOBS) for _, hits in again):
        print(f"slipway: some jobs ran again: {again}", file=sys.stderr)
        return 1
    cached = statistics.median(took for took, _ in again)
    print(f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, {options.rows} rows")
    print(f"first run     {first:7.2f} s  ({len(JOBS)} jobs)")
    print(f"cached rerun  {cached:7.2f} s  (no job; median of {len(again)})")
    print(f"ratio         {cached / first:7.3f}    (aim: at most {AIM})")
    return int(cached / first > AIM)


if __name__ == "__main__":
    sys.exit(main())
