"""Application Auto Scaling of an endpoint's variant.

RegisterScalableTarget leaves a count that is within the bounds and brings another inside them, for
a new target and for one that gets other bounds. DeregisterScalableTarget changes no count.
Source: both operations in the API reference of Application Auto Scaling.
"""

from typing import Any

from adapters import aws
from domain.deployment import VARIANT

NAMESPACE = "sagemaker"
DIMENSION = "sagemaker:variant:DesiredInstanceCount"
POLICY = "slipway-invocations-per-instance"


def set_target(endpoint: str, role: str, wanted: dict[str, Any] | None) -> bool:
    """Register target and policy, or remove them; whether there was anything to do."""
    autoscaling = aws.client("application-autoscaling", role)
    target = _target(endpoint)
    if wanted is None:
        return _remove(autoscaling, target)
    autoscaling.register_scalable_target(
        **target, MinCapacity=wanted["min_count"], MaxCapacity=wanted["max_count"]
    )
    autoscaling.put_scaling_policy(
        **target,
        PolicyName=POLICY,
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": float(wanted["invocations_per_instance"]),
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
            },
        },
    )
    return True


def is_registered(endpoint: str, role: str) -> bool:
    """Whether the endpoint's variant is a scalable target."""
    return _find(aws.client("application-autoscaling", role), _target(endpoint)) is not None


def lift(endpoint: str, role: str) -> dict[str, Any] | None:
    """Remove target and policy for as long as an update takes; what `set_target` needs to set them.

    "If the update would change the instance type for any model that is a target for auto scaling,
    the update fails." None where nothing scales by our policy.
    """
    autoscaling = aws.client("application-autoscaling", role)
    target = _target(endpoint)
    found = _find(autoscaling, target)
    if found is None:
        return None
    policies = autoscaling.describe_scaling_policies(**target)["ScalingPolicies"]
    values = [
        policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"]
        for policy in policies
        if policy["PolicyName"] == POLICY
    ]
    autoscaling.deregister_scalable_target(**target)
    if not values:
        return None
    return {
        "min_count": found["MinCapacity"],
        "max_count": found["MaxCapacity"],
        "invocations_per_instance": values[0],
    }


def _target(endpoint: str) -> dict[str, str]:
    return {
        "ServiceNamespace": NAMESPACE,
        "ResourceId": f"endpoint/{endpoint}/variant/{VARIANT}",
        "ScalableDimension": DIMENSION,
    }


def _find(autoscaling: Any, target: dict[str, str]) -> dict[str, Any] | None:
    found: list[dict[str, Any]] = autoscaling.describe_scalable_targets(
        ServiceNamespace=NAMESPACE, ResourceIds=[target["ResourceId"]]
    )["ScalableTargets"]
    return found[0] if found else None


def _remove(autoscaling: Any, target: dict[str, str]) -> bool:
    if _find(autoscaling, target) is None:
        return False
    autoscaling.deregister_scalable_target(**target)
    return True
