"""Step caching with SageMaker's rules.

A step that asks for it reuses the newest successful run of the same step in the same pipeline whose
attributes (below) were the same, if that run is not older than ``ExpireAfter``. Attributes are
compared as they are written, references resolved; what S3 addresses point to is not looked at.
https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-default-keys.html
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from localcloud.sagemaker.service import Service

KEYS: Mapping[str, tuple[str, ...]] = {
    "Processing": ("AppSpecification", "Environment", "ProcessingInputs"),
    "Training": (
        "AlgorithmSpecification", "CheckpointConfig", "DebugHookConfig",
        "DebugRuleConfigurations", "Environment", "HyperParameters", "InputDataConfig",
    ),
    "Transform": ("DataProcessing", "Environment", "ModelName", "TransformInput"),
}  # fmt: skip
"""The attributes of each step type that AWS documents; other types are never cached."""

KIND = "pipeline-cache"
_DURATION = re.compile(
    r"P?(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?",
    re.IGNORECASE,
)
_UNITS = (365 * 86400, 30 * 86400, 7 * 86400, 86400, 3600, 60, 1)


def seconds(duration: str) -> int:
    """An ISO 8601 duration in seconds ("P30D", "PT1H", AWS's "30dT5h"). Raises ValueError."""
    match = _DURATION.fullmatch(duration) if isinstance(duration, str) else None
    if match is None or not any(match.groups()):
        raise ValueError(f"ExpireAfter {duration!r} is not an ISO 8601 duration such as 'P30D'")
    pairs = zip(match.groups(), _UNITS, strict=True)
    return sum(int(number) * unit for number, unit in pairs if number)


def key(step_type: str, arguments: Mapping[str, Any]) -> str | None:
    """The signature of a step with its resolved arguments; None for a type that is not cached."""
    names = KEYS.get(step_type)
    if names is None:
        return None
    attributes = {name: arguments.get(name) for name in names}
    text = json.dumps([step_type, attributes], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def remember(svc: Service, pipeline: str, step: str, signature: str, entry: dict[str, Any]) -> None:
    """Keep a successful run: ``entry`` has ExecutionArn, EndTime, Properties and Metadata."""
    name = f"{pipeline}/{step}/{signature}"
    svc.store.put(KIND, name, {**entry, "Key": name})


def find(
    svc: Service, pipeline: str, step: str, signature: str, expire_after: str
) -> dict[str, Any] | None:
    """The newest successful run of that signature, or None when there is none young enough."""
    entry = svc.store.get(KIND, f"{pipeline}/{step}/{signature}")
    if entry is None or svc.now() - entry["EndTime"] > seconds(expire_after):
        return None
    return entry


def forget(svc: Service, pipeline: str) -> None:
    """Drop what was kept for a deleted pipeline."""
    for entry in svc.store.list(KIND, f"{pipeline}/"):
        svc.store.delete(KIND, entry["Key"])
