"""Application Auto Scaling for endpoint variants: targets, policies and what they did.

A service of its own on AWS (``application-autoscaling``); here it shares SageMaker's store. Target
tracking on SageMakerVariantInvocationsPerInstance changes the variant's instance count for real.
"""

import re
from contextlib import suppress
from typing import Any

from localcloud.sagemaker import tags
from localcloud.sagemaker.api import ApiError, call, operation
from localcloud.sagemaker.endpoints.documents import find_endpoint
from localcloud.sagemaker.paging import page
from localcloud.sagemaker.service import Service

SERVICE = "application-autoscaling"
TARGETS, POLICIES, ACTIVITIES = "scalable-target", "scaling-policy", "scaling-activity"
DIMENSION = "sagemaker:variant:DesiredInstanceCount"
Doc = dict[str, Any]
_VARIANT = re.compile(r"endpoint/([^/]+)/variant/([^/]+)")


@operation("RegisterScalableTarget", SERVICE)
def register_scalable_target(svc: Service, request: Doc) -> Doc:
    """Register a variant, or change the limits of one that is registered.

    A variant in service is brought within the limits.
    """
    endpoint, variant = parse_resource(request)
    live = find_endpoint(svc, endpoint)
    variants = {each["VariantName"]: each for each in live["ProductionVariants"]}
    if variant not in variants:
        text = f'Could not find variant "{variant}" of endpoint "{endpoint}".'
        raise ApiError("ValidationException", text)
    key = request["ResourceId"]
    old = svc.store.get(TARGETS, key)
    doc = old or {
        **{name: request[name] for name in ("ServiceNamespace", "ResourceId", "ScalableDimension")},
        "RoleARN": request.get("RoleARN", _service_role(svc)),
        "CreationTime": svc.now(),
        "ScalableTargetARN": _arn(svc, f"scalable-target/{svc.unique(20)}"),
    }
    doc |= {
        name: request[name]
        for name in ("MinCapacity", "MaxCapacity", "SuspendedState")
        if name in request
    }
    _check_limits(doc)
    svc.store.put(TARGETS, key, doc)
    if old is None:
        tagged = [{"Key": name, "Value": value} for name, value in request.get("Tags", {}).items()]
        tags.register(svc, doc["ScalableTargetARN"], tagged)
    if live["EndpointStatus"] == "InService":
        current = int(variants[variant].get("CurrentInstanceCount", doc["MinCapacity"]))
        within = max(doc["MinCapacity"], min(current, doc["MaxCapacity"]))
        if within != current:
            with suppress(ApiError):  # it moves already; target tracking brings it inside later
                scale(svc, doc, within, f"{current} instance(s) are outside the limits")
    return {"ScalableTargetARN": doc["ScalableTargetARN"]}


def scale(svc: Service, doc: Doc, wanted: int, cause: str) -> None:
    """Give the variant of a target or policy so many instances, and remember that and why."""
    endpoint, variant = parse_resource(doc)
    change = [{"VariantName": variant, "DesiredInstanceCount": wanted}]
    request = {"EndpointName": endpoint, "DesiredWeightsAndCapacities": change}
    call(svc, "UpdateEndpointWeightsAndCapacities", request)
    activity = {
        "ActivityId": svc.unique(36),
        **{name: doc[name] for name in ("ServiceNamespace", "ResourceId", "ScalableDimension")},
        "Description": f"Setting desired instance count to {wanted}.",
        "Cause": cause,
        "StartTime": svc.now(),
        "EndTime": svc.now(),
        "StatusCode": "Successful",
        "StatusMessage": f"Successfully set desired instance count to {wanted}.",
    }
    svc.store.put(ACTIVITIES, activity["ActivityId"], activity)


def _check_limits(doc: Doc) -> None:
    if "MinCapacity" not in doc or "MaxCapacity" not in doc:
        text = "MinCapacity and MaxCapacity are required for a new scalable target"
        raise ApiError("ValidationException", text)
    if doc["MinCapacity"] > doc["MaxCapacity"]:
        text = "Maximum capacity cannot be less than minimum capacity"
        raise ApiError("ValidationException", text)


@operation("DescribeScalableTargets", SERVICE)
def describe_scalable_targets(svc: Service, request: Doc) -> Doc:
    """List targets, all or by resource."""
    wanted = request.get("ResourceIds")
    found = [
        doc
        for doc in svc.store.list(TARGETS)
        if (not wanted or doc["ResourceId"] in wanted) and _in_dimension(doc, request)
    ]
    return page(found, request, "ScalableTargets", size=50)


@operation("DeregisterScalableTarget", SERVICE)
def deregister_scalable_target(svc: Service, request: Doc) -> None:
    """Remove a target with its policies."""
    doc = find_target(svc, request)
    svc.store.delete(TARGETS, doc["ResourceId"])
    tags.forget(svc, doc["ScalableTargetARN"])
    for policy in svc.store.list(POLICIES, f"{doc['ResourceId']}|"):
        svc.store.delete(POLICIES, _policy_key(policy))


@operation("PutScalingPolicy", SERVICE)
def put_scaling_policy(svc: Service, request: Doc) -> Doc:
    """Create or replace a policy of a registered target."""
    target = find_target(svc, request)
    if request.get("PolicyType") != "TargetTrackingScaling":
        text = "The local cloud scales by target tracking only; other policies run on AWS only."
        raise ApiError("ValidationException", text)
    if "TargetTrackingScalingPolicyConfiguration" not in request:
        text = "TargetTrackingScalingPolicyConfiguration is required for target tracking."
        raise ApiError("ValidationException", text)
    old = svc.store.get(POLICIES, _policy_key(request)) or {}
    name = request["PolicyName"]
    path = f"scalingPolicy:{svc.unique(20)}:resource/sagemaker/{target['ResourceId']}"
    doc = {
        **request,
        "PolicyARN": old.get("PolicyARN", _arn(svc, f"{path}:policyName/{name}", "autoscaling")),
        "CreationTime": old.get("CreationTime", svc.now()),
        "Alarms": [],
    }
    svc.store.put(POLICIES, _policy_key(doc), doc)
    return {"PolicyARN": doc["PolicyARN"], "Alarms": []}


@operation("DescribeScalingPolicies", SERVICE)
def describe_scaling_policies(svc: Service, request: Doc) -> Doc:
    """List policies, all or by resource and name."""
    prefix = f"{request['ResourceId']}|" if "ResourceId" in request else ""
    names = request.get("PolicyNames")
    found = [
        doc
        for doc in svc.store.list(POLICIES, prefix)
        if (not names or doc["PolicyName"] in names) and _in_dimension(doc, request)
    ]
    return page(found, request, "ScalingPolicies", size=50)


@operation("DeleteScalingPolicy", SERVICE)
def delete_scaling_policy(svc: Service, request: Doc) -> None:
    """Remove one policy."""
    if not svc.store.delete(POLICIES, _policy_key(request)):
        raise ApiError("ObjectNotFoundException", f"No scaling policy found for {_named(request)}")


@operation("DescribeScalingActivities", SERVICE)
def describe_scaling_activities(svc: Service, request: Doc) -> Doc:
    """List what the policies did, newest first."""
    wanted = request.get("ResourceId")
    found = [doc for doc in svc.store.list(ACTIVITIES) if wanted in (None, doc["ResourceId"])]
    return page(found[::-1], request, "ScalingActivities", size=50)


def find_target(svc: Service, request: Doc) -> Doc:
    """The target that a request names. Raises ``ApiError`` when it is not registered."""
    doc = svc.store.get(TARGETS, request["ResourceId"])
    if doc is None:
        raise ApiError("ObjectNotFoundException", f"No scalable target found for {_named(request)}")
    return doc


def parse_resource(request: Doc) -> tuple[str, str]:
    """Endpoint and variant of a ResourceId. Raises ``ApiError`` for what is not scaled here."""
    found = _VARIANT.fullmatch(request["ResourceId"])
    namespace, dimension = request["ServiceNamespace"], request["ScalableDimension"]
    if namespace != "sagemaker" or dimension != DIMENSION or not found:
        text = (
            f"Unsupported service namespace, resource type or scalable dimension: {_named(request)}"
        )
        raise ApiError("ValidationException", text)
    return found[1], found[2]


def _named(request: Doc) -> str:
    return (
        f"service namespace: {request['ServiceNamespace']}, resource ID: {request['ResourceId']}, "
        f"scalable dimension: {request['ScalableDimension']}"
    )


def _policy_key(doc: Doc) -> str:
    return f"{doc['ResourceId']}|{doc['PolicyName']}"


def _in_dimension(doc: Doc, request: Doc) -> bool:
    same = request.get("ScalableDimension") in (None, doc["ScalableDimension"])
    return same and doc["ServiceNamespace"] == request["ServiceNamespace"]


def _arn(svc: Service, rest: str, service: str = SERVICE) -> str:
    return f"arn:aws:{service}:{svc.context.region}:{svc.context.account}:{rest}"


def _service_role(svc: Service) -> str:
    name = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
    path = "aws-service-role/sagemaker.application-autoscaling.amazonaws.com"
    return f"arn:aws:iam::{svc.context.account}:role/{path}/{name}"
