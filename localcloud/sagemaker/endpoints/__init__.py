"""Endpoints for real: serving processes, blue/green deployments, metrics and data capture."""

from localcloud.sagemaker.endpoints import documents, operations, scaling, state
from localcloud.sagemaker.service import Service

__all__ = ["operations", "scaling", "start", "stop"]
LOST = "The local cloud ended while this endpoint was running."


def start(svc: Service) -> None:
    """Prepare a service to run endpoints; those of an earlier process on this home have failed."""
    state.open_state(svc)
    for doc in svc.store.list(documents.ENDPOINTS):
        lost = {"EndpointStatus": "Failed", "FailureReason": LOST, "LastModifiedTime": svc.now()}
        svc.store.put(documents.ENDPOINTS, doc["EndpointName"], {**doc, **lost})


def stop() -> None:
    """End every serving process."""
    state.stop_all()
