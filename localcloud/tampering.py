"""The demo's second act: a version whose model is not the one that was evaluated.

Somebody registers version 1's figures with another model file and approves that in the registry,
past every page. Staging has to refuse it by name, and production has to stay as it was.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from localcloud.journey import Journey, JourneyError, why
from localcloud.report import newest_version
from localcloud.watch import Execution, Fact

_LIMIT_SECONDS = 120
_NAMED = "The artifact was changed after registration"
_KEPT = ("InferenceSpecification", "ModelMetrics", "CustomerMetadataProperties")


@dataclass(frozen=True)
class Refusal:
    """How the release of the changed version ended: its last state and why, in words."""

    version: int
    ended: str
    reason: str
    mail: str


def attempt(journey: Journey) -> Refusal:
    """Register a changed model, approve it and watch. Raises JourneyError if it is not refused."""
    application = journey.application
    sagemaker = application.cloud.client("sagemaker")
    before = _production(journey)
    known = {run.arn for run in journey.watcher.runs("release")}
    version = _register(sagemaker, application.cloud.client("s3"), application.outputs)
    number = int(version.rpartition("/")[2])
    told = f"version {number} is registered with version {number - 1}'s figures and a changed model"
    journey.timeline.add([Fact(time.time(), "intruder", told)])
    sagemaker.update_model_package(
        ModelPackageArn=version, ModelApprovalStatus="Approved", ApprovalDescription="Trust me"
    )
    run = _ended(journey, known)
    reason = why(run)
    if _NAMED not in reason or _production(journey) != before:
        raise JourneyError("release", f"a changed model was not refused by name: {reason}")
    return Refusal(number, run.final, reason, _mail(journey, number))


def _register(sagemaker: Any, s3: Any, outputs: Mapping[str, str]) -> str:
    """Register the newest version once more, with one byte more in its model file; the ARN."""
    group = outputs["ModelPackageGroupName"]
    found = newest_version(sagemaker, group)
    kept = {name: found[name] for name in _KEPT}
    container = kept["InferenceSpecification"]["Containers"][0]
    bucket, _, key = container["ModelDataUrl"].removeprefix("s3://").partition("/")
    model = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    changed = "models/changed/model.tar.gz"
    s3.put_object(Bucket=bucket, Key=changed, Body=model + b"\0")
    wanted = ("Image", "Environment", "Framework", "FrameworkVersion")
    kept["InferenceSpecification"]["Containers"] = [
        {name: container[name] for name in wanted if name in container}
        | {"ModelDataUrl": f"s3://{bucket}/{changed}"}
    ]
    made = sagemaker.create_model_package(
        ModelPackageGroupName=group, ModelApprovalStatus="PendingManualApproval", **kept
    )
    return str(made["ModelPackageArn"])


def _ended(journey: Journey, known: set[str]) -> Execution:
    """The release that was not known before, once it has ended and people have heard of it."""
    deadline = time.monotonic() + _LIMIT_SECONDS
    while time.monotonic() < deadline:
        journey.timeline.add(journey.watcher.poll(0.2))
        for run in journey.watcher.runs("release"):
            if run.arn not in known and run.status != "RUNNING":
                return run
    raise JourneyError("release", f"no release of the changed model ended in {_LIMIT_SECONDS} s")


def _mail(journey: Journey, number: int) -> str:
    found = (mail for mail in journey.watcher.mails if f"Version {number}" in mail["subject"])
    mail = next(found, None)
    return mail["subject"] if mail else ""


def _production(journey: Journey) -> tuple[str, str]:
    found = journey.application.cloud.client("sagemaker").describe_endpoint(
        EndpointName=journey.application.outputs["ProductionEndpointName"]
    )
    return found["EndpointStatus"], found["EndpointConfigName"]
