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
    target = {
        "ServiceNamespace": NAMESPACE,
        "ResourceId": f"endpoint/{endpoint}/variant/{VARIANT}",
        "ScalableDimension": DIMENSION,
    }
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


def _remove(autoscaling: Any, target: dict[str, str]) -> bool:
    found = autoscaling.describe_scalable_targets(
        ServiceNamespace=NAMESPACE, ResourceIds=[target["ResourceId"]]
    )["ScalableTargets"]
    if not found:
        return False
    autoscaling.deregister_scalable_target(**target)
    return True
