"""Retry policies of steps: which failures they are for, and how long to wait.

https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-retry-policy.html
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

DEFAULT_INTERVAL, DEFAULT_BACKOFF, DEFAULT_ATTEMPTS = 1.0, 2.0, 5
SERVICE_FAULT, THROTTLING = "Step.SERVICE_FAULT", "Step.THROTTLING"
JOB_INTERNAL_ERROR, CAPACITY_ERROR = "SageMaker.JOB_INTERNAL_ERROR", "SageMaker.CAPACITY_ERROR"
RESOURCE_LIMIT = "SageMaker.RESOURCE_LIMIT"


def of_refusal(code: str, status: int) -> str | None:
    """The exception type of a call that was refused; None for what no policy is for."""
    if "Throttl" in code or code == "TooManyRequestsException":
        return THROTTLING
    if code == "ResourceLimitExceeded":
        return RESOURCE_LIMIT
    return SERVICE_FAULT if status >= 500 else None


def of_job(reason: str) -> str | None:
    """The exception type of a job that failed for ``reason`` (its FailureReason)."""
    if reason.startswith("InternalServerError"):
        return JOB_INTERNAL_ERROR
    return CAPACITY_ERROR if reason.startswith("CapacityError") else None


class Patience:
    """How often one step may still be tried; counts per policy."""

    def __init__(self, policies: Sequence[Mapping[str, Any]], started: float) -> None:
        self._policies = policies
        self._used = [0] * len(policies)
        self._started = started

    def wait(self, failure: str | None, now: float) -> float | None:
        """Seconds until the next attempt after ``failure``, or None when there is none."""
        for number, policy in enumerate(self._policies):
            if failure is None or failure not in policy.get("ExceptionType", ()):
                continue
            attempts = self._used[number]
            if "ExpireAfterMin" in policy:
                allowed = now - self._started < policy["ExpireAfterMin"] * 60 * time_scale()
            else:
                allowed = attempts < policy.get("MaxAttempts", DEFAULT_ATTEMPTS)
            if not allowed:
                return None
            self._used[number] += 1
            first = policy.get("IntervalSeconds", DEFAULT_INTERVAL)
            backoff = policy.get("BackoffRate", DEFAULT_BACKOFF)
            return float(first * backoff**attempts) * time_scale()
        return None


def time_scale() -> float:
    """By what the local cloud multiplies waiting times (``SLIPWAY_TIME_SCALE``, 1 = as on AWS)."""
    return float(os.environ.get("SLIPWAY_TIME_SCALE", "1"))
