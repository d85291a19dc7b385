"""SageMaker jobs run for real: the container contract, processing jobs and training jobs."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from localcloud.sagemaker.jobs import container, processing, roles, runner, training, transform

if TYPE_CHECKING:
    from localcloud.sagemaker.service import Service

LOST = "InternalServerError: the local cloud ended while this job was running"


def start(svc: Service) -> None:
    """Say so of jobs that were under way when an earlier process on this home ended."""
    for doc in svc.store.list(processing.KIND):
        if doc["ProcessingJobStatus"] in ("InProgress", "Stopping"):
            processing.change(
                svc, doc["ProcessingJobName"], ProcessingJobStatus="Failed", FailureReason=LOST
            )
    for doc in svc.store.list(training.KIND):
        if doc["TrainingJobStatus"] in ("InProgress", "Stopping"):
            name = doc["TrainingJobName"]
            training.move(svc, name, "Failed", TrainingJobStatus="Failed", FailureReason=LOST)
    for doc in svc.store.list(transform.KIND):
        if doc["TransformJobStatus"] in ("InProgress", "Stopping"):
            name = doc["TransformJobName"]
            transform.change(svc, name, TransformJobStatus="Failed", FailureReason=LOST)
    threading.Thread(target=_warm_up, args=(svc,), daemon=True, name="warm-up").start()


def _warm_up(svc: Service) -> None:
    container.namespaces_work()
    roles.warm_up(svc.context)


def stop() -> None:
    """End every job of this process."""
    runner.stop_all()
