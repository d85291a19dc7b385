"""`stages.yaml`, parsed: what staging and production are, how production changes, how it is tested.

Limits are SageMaker's own (botocore's model of CreateEndpointConfig and UpdateEndpoint). A wrong
setting raises `InvalidSettingsError`, which names the setting and the mend, when the commit is
built; so a release never meets one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.errors import InvalidSettingsError
from domain.limits import Limits, parse_limits
from domain.stage_rules import (
    check_machines,
    check_serverless,
    check_steps,
    check_tests,
    check_times,
)
from domain.stage_values import integer, known, mapping, reader, record

SERVERLESS_MEMORY_MB = (1024, 2048, 3072, 4096, 5120, 6144)
ROLLOUT_TYPES = ("all_at_once", "canary", "linear")


@dataclass(frozen=True)
class Serverless:
    """A serverless variant: memory in MB and concurrent requests."""

    memory_mb: int
    max_concurrency: int


@dataclass(frozen=True)
class Instances:
    """An instance-backed variant."""

    type: str
    count: int


@dataclass(frozen=True)
class Rollout:
    """How traffic moves to a new fleet. Times in seconds, sizes in percent of capacity."""

    type: str = "all_at_once"
    canary_percent: int = 10
    linear_percent: int = 50
    bake_seconds: int = 300
    termination_wait_seconds: int = 0
    max_execution_seconds: int = 3600
    capacity_wait_seconds: int = 300


@dataclass(frozen=True)
class Alarms:
    """What rolls a deployment back: 5xx answers a minute, p95 of the model's latency in ms."""

    max_5xx: int = 1
    latency_p95_ms: int = 500


@dataclass(frozen=True)
class Autoscaling:
    """Target tracking on invocations per instance and minute."""

    min_count: int
    max_count: int
    invocations_per_instance: int


@dataclass(frozen=True)
class DataCapture:
    """Share of requests and answers that is written to S3, in percent."""

    enabled: bool = False
    sampling_percent: int = 100


@dataclass(frozen=True)
class Vpc:
    """Subnets and security groups of the model containers."""

    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]


@dataclass(frozen=True)
class Stage:
    """One endpoint and the way it changes. `keep_minutes` is None where it is never torn down."""

    name: str
    capacity: Serverless | Instances
    rollout: Rollout = field(default_factory=Rollout)
    alarms: Alarms = field(default_factory=Alarms)
    tests: Limits = field(default_factory=Limits)
    data_capture: DataCapture = field(default_factory=DataCapture)
    autoscaling: Autoscaling | None = None
    kms_key_id: str | None = None
    vpc: Vpc | None = None
    keep_minutes: int | None = None

    @property
    def is_serverless(self) -> bool:
        """Whether nothing runs while nobody asks."""
        return isinstance(self.capacity, Serverless)


@dataclass(frozen=True)
class Stages:
    """Everything that `stages.yaml` says. `approvals` is parsed by `domain.policy`."""

    staging: Stage
    production: Stage
    approvals: Mapping[str, Any]


def parse_stages(document: Mapping[str, Any]) -> Stages:
    """`stages.yaml` as JSON → `Stages`. Raises `InvalidSettingsError`."""
    known("the file", mapping("the file", document), {"staging", "production", "approvals"})
    staging = _stage("staging", mapping("staging", document.get("staging")))
    production = _stage("production", mapping("production", document.get("production")))
    for stage in (staging, production):
        _check_whole(stage)
    return Stages(staging, production, mapping("approvals", document.get("approvals") or {}))


def _check_whole(stage: Stage) -> None:
    at_once = stage.capacity.max_concurrency if isinstance(stage.capacity, Serverless) else None
    check_tests(stage, at_once)
    if isinstance(stage.capacity, Serverless):
        check_serverless(stage)
        return
    if stage.autoscaling:
        check_steps(stage, stage.autoscaling.min_count, "autoscaling.min")
    else:
        check_steps(stage, stage.capacity.count, "endpoint.instances.count")
    check_times(stage)
    check_machines(stage, stage.capacity.type)


def _stage(name: str, raw: Mapping[str, Any]) -> Stage:
    allowed = {
        "endpoint", "rollout", "alarms", "tests", "data_capture", "autoscaling", "kms_key_id",
        "vpc", "keep_minutes",
    }  # fmt: skip
    known(name, raw, allowed)
    capacity = _capacity(f"{name}.endpoint", mapping(f"{name}.endpoint", raw.get("endpoint")))
    return Stage(
        name=name,
        capacity=capacity,
        rollout=_rollout(f"{name}.rollout", raw.get("rollout") or {}),
        alarms=record(f"{name}.alarms", raw.get("alarms") or {}, Alarms),
        tests=parse_limits(f"{name}.tests", raw.get("tests") or {}),
        data_capture=_capture(f"{name}.data_capture", raw.get("data_capture") or {}),
        autoscaling=_autoscaling(f"{name}.autoscaling", raw.get("autoscaling")),
        kms_key_id=_key(f"{name}.kms_key_id", raw.get("kms_key_id")),
        vpc=_vpc(f"{name}.vpc", raw.get("vpc")),
        keep_minutes=_keep(name, raw.get("keep_minutes")),
    )


def _capacity(where: str, raw: Mapping[str, Any]) -> Serverless | Instances:
    known(where, raw, {"serverless", "instances"})
    if len(raw) != 1:
        raise InvalidSettingsError(f"stages.yaml: {where} needs either serverless or instances")
    if "serverless" in raw:
        spec = mapping(f"{where}.serverless", raw["serverless"])
        known(f"{where}.serverless", spec, {"memory_mb", "max_concurrency"})
        memory = integer(f"{where}.serverless.memory_mb", spec.get("memory_mb"), 1024, 6144)
        if memory not in SERVERLESS_MEMORY_MB:
            raise InvalidSettingsError(
                f"stages.yaml: {where}.serverless.memory_mb is {memory}; "
                f"SageMaker takes one of {', '.join(map(str, SERVERLESS_MEMORY_MB))}"
            )
        concurrency = spec.get("max_concurrency", 5)
        limit = f"{where}.serverless.max_concurrency"
        return Serverless(memory, integer(limit, concurrency, 1, 200))
    spec = mapping(f"{where}.instances", raw["instances"])
    known(f"{where}.instances", spec, {"type", "count"})
    kind = spec.get("type")
    if not isinstance(kind, str) or not kind.startswith("ml."):
        raise InvalidSettingsError(
            f"stages.yaml: {where}.instances.type is {kind!r}; name a SageMaker instance type "
            "such as ml.m5.large"
        )
    return Instances(kind, integer(f"{where}.instances.count", spec.get("count", 1), 1, 1000))


def _rollout(where: str, raw: Any) -> Rollout:
    spec = mapping(where, raw)
    known(where, spec, {
        "type", "canary_percent", "linear_percent", "bake_seconds", "termination_wait_seconds",
        "max_execution_minutes", "capacity_wait_seconds",
    })  # fmt: skip
    kind = spec.get("type", "all_at_once")
    if kind not in ROLLOUT_TYPES:
        raise InvalidSettingsError(
            f"stages.yaml: {where}.type is {kind!r}; it is one of {', '.join(ROLLOUT_TYPES)}"
        )
    default = Rollout()
    number = reader(where, spec)
    return Rollout(
        type=kind,
        # SageMaker: a canary is at most half of the capacity, a linear step 10–50 percent.
        canary_percent=number("canary_percent", default.canary_percent, 1, 50),
        linear_percent=number("linear_percent", default.linear_percent, 10, 50),
        bake_seconds=number("bake_seconds", default.bake_seconds, 0, 3600),
        termination_wait_seconds=number("termination_wait_seconds", 0, 0, 3600),
        capacity_wait_seconds=number("capacity_wait_seconds", 300, 1, 3600),
        max_execution_seconds=60 * number("max_execution_minutes", 60, 10, 480),
    )


def _capture(where: str, raw: Any) -> DataCapture:
    spec = mapping(where, raw)
    known(where, spec, {"enabled", "sampling_percent"})
    enabled = spec.get("enabled", False)
    if not isinstance(enabled, bool):
        raise InvalidSettingsError(
            f"stages.yaml: {where}.enabled is {enabled!r}; it is true or false"
        )
    return DataCapture(enabled, reader(where, spec)("sampling_percent", 100, 0, 100))


def _autoscaling(where: str, raw: Any) -> Autoscaling | None:
    if raw is None:
        return None
    spec = mapping(where, raw)
    known(where, spec, {"min", "max", "invocations_per_instance"})
    number = reader(where, spec)
    found = Autoscaling(
        min_count=number("min", 1, 1, 1000),
        max_count=number("max", 1, 1, 1000),
        invocations_per_instance=number("invocations_per_instance", 1000, 1, 10**9),
    )
    if found.min_count > found.max_count:
        raise InvalidSettingsError(f"stages.yaml: {where}.min is above max")
    return found


def _vpc(where: str, raw: Any) -> Vpc | None:
    if raw is None:
        return None
    spec = mapping(where, raw)
    known(where, spec, {"subnets", "security_groups"})
    subnets, groups = spec.get("subnets"), spec.get("security_groups")
    both = (subnets, groups)
    if not all(isinstance(x, list) and x and all(isinstance(i, str) for i in x) for x in both):
        raise InvalidSettingsError(
            f"stages.yaml: {where} needs a list of subnets and a list of security_groups"
        )
    return Vpc(tuple(spec["subnets"]), tuple(spec["security_groups"]))


def _key(where: str, raw: Any) -> str | None:
    if raw is not None and not (isinstance(raw, str) and raw):
        raise InvalidSettingsError(f"stages.yaml: {where} is {raw!r}; name a KMS key, or null")
    return raw


def _keep(name: str, raw: Any) -> int | None:
    if raw is None:
        return 0 if name == "staging" else None
    if name != "staging":
        raise InvalidSettingsError(f"stages.yaml: {name}.keep_minutes is for staging only")
    return integer(f"{name}.keep_minutes", raw, 0, 60 * 24 * 30)
