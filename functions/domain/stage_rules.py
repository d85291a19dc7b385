"""What SageMaker refuses of a stage as a whole, though each of its settings is right by itself.

Refused when a commit is built, not when it is released. Sources: AWS's pages "Serverless Inference"
(feature exclusions, and converting), "Use canary traffic shifting" and "Give hosted endpoints
access to your VPC"; KmsKeyId of CreateEndpointConfig; botocore's model of `BlueGreenUpdatePolicy`.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from domain.errors import InvalidSettingsError

if TYPE_CHECKING:
    from domain.stages import Stage

# Of the fifteen minutes of a Lambda function; the other requests need some as well.
LONGEST_TESTS = 600

# Families with an instance store: a "d" after the generation, and those that have one without it.
WITH_LOCAL_STORAGE = re.compile(
    r"ml\.([cmrx]\d+[a-z]*d[a-z]*|g4dn|g[56]e?|gr6|p4de?|p5\w*|trn1n?)\."
)


def check_serverless(stage: Stage) -> None:
    """A serverless endpoint has no steps, no network, no captured data, no volume, no scaling."""
    if stage.rollout.type != "all_at_once":
        _refuse(
            f"{stage.name}.rollout.type is "
            f"{stage.rollout.type!r}, which SageMaker offers for instances only: "
            f"set it to all_at_once, or give {stage.name} instances"
        )
    if stage.autoscaling:
        _refuse(f"{stage.name}.autoscaling is for instances; serverless scales itself")
    asked = {
        "vpc": stage.vpc,
        "data_capture.enabled": stage.data_capture.enabled,
        "kms_key_id": stage.kms_key_id,
    }
    for setting, value in asked.items():
        if value:
            _refuse(
                f"{stage.name}.{setting} is set, which SageMaker offers for "
                f"instances only: leave it out, or give {stage.name} instances"
            )


def check_steps(stage: Stage, fewest: int, setting: str) -> None:
    """A canary or a step is at most half of the fleet, so that one machine has none.

    `fewest` is how many machines a deployment may start with, and `setting` what says so.
    """
    if stage.rollout.type != "all_at_once" and fewest < 2:
        _refuse(
            f"{stage.name}.rollout.type is {stage.rollout.type!r}, of which a step "
            f"is at most half of the instances, and {stage.name}.{setting} is {fewest}: "
            "set that to 2 or more, or the rollout to all_at_once"
        )


def check_times(stage: Stage) -> None:
    """SageMaker's limit for the whole deployment has to be above all that is waited for in it."""
    rollout = stage.rollout
    bakes = math.ceil(100 / rollout.linear_percent) if rollout.type == "linear" else 1
    waits = bakes * rollout.bake_seconds + rollout.termination_wait_seconds
    if waits >= rollout.max_execution_seconds:
        _refuse(
            f"{stage.name}.rollout waits {waits} seconds (bake_seconds "
            f"{rollout.bake_seconds} for {bakes} steps, termination_wait_seconds "
            f"{rollout.termination_wait_seconds}), and SageMaker ends it after "
            f"max_execution_minutes {rollout.max_execution_seconds // 60}: "
            "raise that above them, or wait less"
        )


def check_tests(stage: Stage, at_once: int | None) -> None:
    """The requests end within the time of the function that sends them, and none is throttled.

    `at_once` is how many a serverless endpoint answers; it refuses those above with 429.
    """
    tests = stage.tests
    if at_once is not None and tests.concurrency > at_once:
        _refuse(
            f"{stage.name}.tests.concurrency is {tests.concurrency}, and {stage.name}.endpoint."
            f"serverless.max_concurrency is {at_once}: SageMaker refuses what is above it. "
            "Set the one not above the other"
        )
    seconds = tests.requests * tests.p95_ms / tests.concurrency / 1000
    if seconds > LONGEST_TESTS:
        _refuse(
            f"{stage.name}.tests.requests is {tests.requests}: at p95_ms {tests.p95_ms:g} and "
            f"concurrency {tests.concurrency} they take {seconds:.0f} seconds, and may take "
            f"{LONGEST_TESTS}. Send fewer, or more at a time"
        )


def check_machines(stage: Stage, kind: str) -> None:
    """Two zones for a network, and no key for a disk that the machine itself encrypts."""
    if stage.vpc and len(set(stage.vpc.subnets)) < 2:
        _refuse(
            f"{stage.name}.vpc.subnets needs two subnets in different availability zones, "
            "which SageMaker asks for whatever the number of instances"
        )
    if stage.kms_key_id and WITH_LOCAL_STORAGE.match(kind):
        _refuse(
            f"{stage.name}.kms_key_id: {kind} has local storage, which takes no key of yours: "
            "leave kms_key_id out, or take a type without"
        )


def can_become(stage: Stage, runs_serverless: bool) -> bool:
    """Whether an endpoint can be updated to the settings: instances never become serverless."""
    return runs_serverless or not stage.is_serverless


def check_change(stage: Stage, runs_serverless: bool) -> None:
    """Raise `InvalidSettingsError` if an endpoint cannot become what the settings say."""
    if not can_become(stage, runs_serverless):
        _refuse(
            f"{stage.name}.endpoint is serverless, and its endpoint runs on instances: SageMaker "
            "does not turn one into the other. Keep instances, or delete the endpoint first "
            "(nothing answers until the next release)"
        )


def _refuse(words: str) -> None:
    raise InvalidSettingsError(f"stages.yaml: {words}")
