"""Endpoints for real: serving processes, blue/green deployments, metrics and data capture."""

from localcloud.sagemaker.endpoints import operations, scaling, state
from localcloud.sagemaker.service import Service

__all__ = ["operations", "scaling", "start", "stop"]


def start(svc: Service) -> None:
    """Prepare a service to run endpoints."""
    state.open_state(svc)


def stop() -> None:
    """End every serving process."""
    state.stop_all()
