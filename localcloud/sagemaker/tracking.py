"""Target tracking: keeps InvocationsPerInstance of a scaled variant near its policy's target."""

import logging
import math
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from localcloud.sagemaker.api import ApiError
from localcloud.sagemaker.autoscaling import POLICIES, find_target, parse_resource, scale
from localcloud.sagemaker.endpoints.documents import find_endpoint
from localcloud.sagemaker.endpoints.state import scaled
from localcloud.sagemaker.service import Service

Doc = dict[str, Any]
PERIOD = 60.0  # the metric's period: the target is a count per instance and minute
_IDLE_SECONDS = 5.0
_METRIC = "SageMakerVariantInvocationsPerInstance"
_logger = logging.getLogger(__name__)
_stopped = threading.Event()


def start(svc: Service) -> None:
    """Watch the policies of this service in the background."""
    _stopped.clear()
    threading.Thread(target=_watch, args=(svc,), name="target-tracking", daemon=True).start()


def stop() -> None:
    """Watch no more."""
    _stopped.set()


def _watch(svc: Service) -> None:
    moved: dict[str, float] = {}
    while not _stopped.wait(min(scaled(PERIOD), _IDLE_SECONDS)):
        for policy in svc.store.list(POLICIES):
            try:
                _track(svc, policy, moved)
            except ApiError as error:
                _logger.info("%s does not scale now: %s", policy["ResourceId"], error.message)
            except Exception:
                _logger.exception("target tracking of %s failed", policy["ResourceId"])


def _track(svc: Service, policy: Doc, moved: dict[str, float]) -> None:
    endpoint, variant = parse_resource(policy)
    settings = policy["TargetTrackingScalingPolicyConfiguration"]
    metric = (settings.get("PredefinedMetricSpecification") or {}).get("PredefinedMetricType")
    doc = find_endpoint(svc, endpoint)
    if metric != _METRIC or doc["EndpointStatus"] != "InService":
        return
    (live,) = (each for each in doc["ProductionVariants"] if each["VariantName"] == variant)
    target = find_target(svc, policy)
    current = live["CurrentInstanceCount"]
    seen = _invocations(svc, endpoint, variant) / max(current, 1)
    wanted = desired(settings, target, current, seen)
    cooldown = settings.get("ScaleOutCooldown" if wanted > current else "ScaleInCooldown", 300)
    last = moved.get(policy["ResourceId"])
    if wanted == current or (last and time.monotonic() - last < scaled(cooldown)):
        return
    moved[policy["ResourceId"]] = time.monotonic()
    scale(svc, policy, wanted, f"policy {policy['PolicyName']} on {current} instance(s)")


def desired(settings: Doc, target: Doc, current: int, seen: float) -> int:
    """How many instances bring ``seen`` invocations per instance to the target, within limits.

    It scales in only when the load is a tenth below the target, as AWS's low alarm does.
    """
    needed = math.ceil(current * seen / settings["TargetValue"])
    if needed < current and (
        settings.get("DisableScaleIn") or seen > 0.9 * settings["TargetValue"]
    ):
        needed = current
    return int(max(target["MinCapacity"], min(needed, target["MaxCapacity"])))


def _invocations(svc: Service, endpoint: str, variant: str) -> float:
    """Invocations in the last minute (a scaled one, brought to a whole minute)."""
    seconds = max(scaled(PERIOD), 1.0)
    now = datetime.now(UTC)
    found = svc.context.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SageMaker",
        MetricName="Invocations",
        Dimensions=[
            {"Name": "EndpointName", "Value": endpoint},
            {"Name": "VariantName", "Value": variant},
        ],
        StartTime=now - timedelta(seconds=seconds),
        EndTime=now + timedelta(seconds=1),
        Period=3600,
        Statistics=["Sum"],
    )["Datapoints"]
    return float(sum(point["Sum"] for point in found)) * PERIOD / seconds
