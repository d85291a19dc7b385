"""SageMaker Pipelines, interpreted from the definition: the same JSON that AWS runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.sagemaker.pipelines import api, execution_api, executions

if TYPE_CHECKING:
    from localcloud.sagemaker.service import Service

__all__ = ["api", "execution_api", "start", "stop"]


def start(svc: Service) -> None:
    """Close what an earlier process on this home left running."""
    executions.close_lost(svc)


def stop() -> None:
    """End every execution of this process."""
    executions.stop_all()
