"""What runs behind the endpoints of one service: fleets, traffic, metrics, capture."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

from localcloud.sagemaker.endpoints.capture import Capture
from localcloud.sagemaker.endpoints.fleet import Fleet
from localcloud.sagemaker.endpoints.monitor import Monitor
from localcloud.sagemaker.endpoints.traffic import Traffic
from localcloud.sagemaker.service import Service


@dataclass
class State:
    """The running side of the endpoints; their documents are in the store."""

    monitor: Monitor
    capture: Capture
    traffic: Traffic = field(default_factory=Traffic)
    fleets: dict[str, list[Fleet]] = field(default_factory=dict)
    captures: dict[str, dict[str, Any]] = field(default_factory=dict)
    """DataCaptureConfig of the endpoints that capture now, by endpoint."""

    def set_capture(self, name: str, config: dict[str, Any]) -> None:
        """Capture what an endpoint sees from now on as its configuration says."""
        wanted = config.get("DataCaptureConfig") or {}
        if wanted.get("EnableCapture"):
            self.captures[name] = wanted
        else:
            self.captures.pop(name, None)


_states: dict[int, State] = {}


def open_state(svc: Service) -> State:
    """Make the running side of a service and start its background threads."""
    client = svc.context.client
    state = State(Monitor(client("cloudwatch")), Capture(client("s3")))
    state.monitor.start()
    state.capture.start()
    _states[id(svc.store)] = state
    return state


def state_of(svc: Service) -> State:
    """The running side of a service."""
    return _states[id(svc.store)]


def stop_all() -> None:
    """End every serving process."""
    while _states:
        _, state = _states.popitem()
        for fleets in state.fleets.values():
            for fleet in fleets:
                fleet.stop()


def scaled(seconds: float) -> float:
    """A wait of SageMaker's, as long as this cloud lets it last (SLIPWAY_TIME_SCALE, default 1)."""
    return seconds * float(os.environ.get("SLIPWAY_TIME_SCALE", "1"))
