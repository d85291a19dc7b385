"""The steps by which traffic moves to a new fleet, as a DeploymentConfig asks for them. Pure."""

import math
from dataclasses import dataclass
from typing import Any

Doc = dict[str, Any]


@dataclass(frozen=True)
class Shift:
    """Give the new fleet ``share`` of the traffic (0–1), then bake for ``bake`` seconds."""

    share: float
    bake: float
    reason: str
    capacity: str

    @property
    def message(self) -> str:
        """The VariantStatus message while baking, as SageMaker words it."""
        return (
            f"Baking for {self.bake:g} seconds ({self.reason}) with traffic enabled on "
            f"{self.capacity}."
        )


def plan(config: Doc | None, instances: int) -> list[Shift]:
    """The shifts of a deployment to a fleet of ``instances``; without a config, all at once."""
    config = config or {}
    if rolling := config.get("RollingUpdatePolicy"):
        return _rolling(rolling, instances)
    policy = config.get("BlueGreenUpdatePolicy") or {}
    routing = policy.get("TrafficRoutingConfiguration") or {"Type": "ALL_AT_ONCE"}
    interval = float(routing.get("WaitIntervalInSeconds", 0))
    end = float(policy.get("TerminationWaitInSeconds", 0))
    last = Shift(1.0, end, "TerminationWaitInSeconds", _full(instances))
    if routing["Type"] == "CANARY":
        share, count = _portion(routing.get("CanarySize"), instances, "canary")
        return [Shift(share, interval, "WaitIntervalInSeconds", count), last]
    if routing["Type"] == "LINEAR":
        step, _ = _portion(routing.get("LinearStepSize"), instances, "step")
        return [*_steps(step, interval, instances), last]
    return [last]


def _rolling(policy: Doc, instances: int) -> list[Shift]:
    step, _ = _portion(policy["MaximumBatchSize"], instances, "batch")
    interval = float(policy["WaitIntervalInSeconds"])
    last = Shift(1.0, interval, "WaitIntervalInSeconds", _full(instances))
    return [*_steps(step, interval, instances), last]


def _steps(step: float, interval: float, instances: int) -> list[Shift]:
    shares = [step * number for number in range(1, math.ceil(1 / step - 1e-9))]
    return [
        Shift(
            share,
            interval,
            "WaitIntervalInSeconds",
            f"capacity of {max(1, round(share * instances))} instance(s)",
        )
        for share in shares
    ]


def _portion(size: Doc | None, instances: int, label: str) -> tuple[float, str]:
    """A CapacitySize as a share of the traffic, and in words."""
    if size is None:
        raise ValueError(f"the {label} size is missing")
    value = float(size["Value"])
    share = value / 100 if size["Type"] == "CAPACITY_PERCENT" else value / max(instances, 1)
    count = max(1, math.ceil(share * instances))
    return min(share, 1.0), f"{label} capacity of {count} instance(s)"


def _full(instances: int) -> str:
    return f"full capacity of {instances} instance(s)"
