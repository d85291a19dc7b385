"""What SageMaker does not offer together: refused when a commit is built, not when it is released.

Source, in AWS's developer guide: "Serverless Inference" (feature exclusions, and converting),
"Deployment guardrails", "Give hosted endpoints access to your VPC"; and KmsKeyId of
CreateEndpointConfig.
"""

import re
from typing import TYPE_CHECKING

from domain.errors import InvalidSettingsError

if TYPE_CHECKING:
    from domain.stages import Stage

# Families with an instance store: a "d" after the generation, and those that have one without it.
WITH_LOCAL_STORAGE = re.compile(
    r"ml\.([cmrx]\d+[a-z]*d[a-z]*|g4dn|g[56]e?|gr6|p4de?|p5\w*|trn1n?)\."
)


def check(stage: "Stage") -> None:
    """Raise `InvalidSettingsError`, which names the settings and the mend."""
    if stage.is_serverless:
        _check_serverless(stage)
    if stage.vpc and len(set(stage.vpc.subnets)) < 2:
        _refuse(
            f"{stage.name}.vpc.subnets needs two subnets in different availability zones, "
            "which SageMaker asks for whatever the number of instances"
        )
    if stage.kms_key_id and WITH_LOCAL_STORAGE.match(stage.instance_type):
        _refuse(
            f"{stage.name}.kms_key_id: {stage.instance_type} has local storage, which SageMaker "
            "encrypts with a key of the machine's: leave kms_key_id out, or take a type without"
        )


def _check_serverless(stage: "Stage") -> None:
    if stage.rollout.type != "all_at_once":
        _refuse(
            f"{stage.name}.rollout.type is {stage.rollout.type!r}, which SageMaker offers for "
            f"instances only: set it to all_at_once, or give {stage.name} instances"
        )
    if stage.autoscaling:
        _refuse(f"{stage.name}.autoscaling is for instances; serverless scales itself")
    given = {"data_capture": stage.data_capture.enabled, "vpc": stage.vpc is not None}
    for setting, is_given in given.items():
        if is_given:
            _refuse(
                f"{stage.name}.{setting}: SageMaker has none for a serverless endpoint; "
                f"leave it out, or give {stage.name} instances"
            )


def can_become(stage: "Stage", runs_serverless: bool) -> bool:
    """Whether an endpoint can be updated to the settings: instances never become serverless."""
    return runs_serverless or not stage.is_serverless


def check_change(stage: "Stage", runs_serverless: bool) -> None:
    """Raise `InvalidSettingsError` if an endpoint cannot become what the settings say."""
    if not can_become(stage, runs_serverless):
        _refuse(
            f"{stage.name}.endpoint is serverless, and its endpoint runs on instances: SageMaker "
            "does not turn one into the other. Keep instances, or delete the endpoint first "
            "(nothing answers until the next release)"
        )


def _refuse(words: str) -> None:
    raise InvalidSettingsError(f"stages.yaml: {words}")
