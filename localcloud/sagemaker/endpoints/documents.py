"""Endpoint documents: what DescribeEndpoint says about variants, from configuration to fleet."""

from typing import Any

from localcloud.sagemaker.api import ApiError
from localcloud.sagemaker.artifacts import image_digest
from localcloud.sagemaker.models import find_model
from localcloud.sagemaker.service import Service

ENDPOINTS = "endpoint"
Doc = dict[str, Any]
_PLACE = {"DesiredInstanceCount": "CurrentInstanceCount", "DesiredWeight": "CurrentWeight"}


def find_endpoint(svc: Service, name: str) -> Doc:
    """The endpoint's document. Raises ``ApiError`` when there is none."""
    doc = svc.store.get(ENDPOINTS, name)
    if doc is None:
        text = f'Could not find endpoint "{svc.arn(ENDPOINTS, name)}".'
        raise ApiError("ValidationException", text)
    return doc


def new_variants(svc: Service, config: Doc, kept: Doc) -> list[Doc]:
    """The variants of a configuration as a summary before they run.

    ``kept`` gives, by variant name, the weight and count that replace the configuration's
    (RetainAllVariantProperties).
    """
    return [
        _new_variant(svc, each, kept.get(each["VariantName"], {}))
        for each in config["ProductionVariants"]
    ]


def _new_variant(svc: Service, variant: Doc, kept: Doc) -> Doc:
    image = find_model(svc, variant["ModelName"])["resolved"][0]["Image"]
    summary: Doc = {
        "VariantName": variant["VariantName"],
        "DeployedImages": [
            {
                "SpecifiedImage": image,
                "ResolvedImage": resolved(svc, image),
                "ResolutionTime": svc.now(),
            }
        ],
        "CurrentWeight": 0.0,
        "DesiredWeight": kept.get("DesiredWeight", variant["InitialVariantWeight"]),
    }
    if serverless := variant.get("ServerlessConfig"):
        summary["DesiredServerlessConfig"] = serverless
    else:
        summary["CurrentInstanceCount"] = 0
        count = kept.get("DesiredInstanceCount", variant["InitialInstanceCount"])
        summary["DesiredInstanceCount"] = count
    for name in ("ManagedInstanceScaling", "RoutingConfig"):
        if name in variant:
            summary[name] = variant[name]
    return summary


def resolved(svc: Service, image: str) -> str:
    """The path with a digest that a path with a tag stands for now."""
    if "@" in image:
        return image
    place, slash, name = image.rpartition("/")
    return f"{place}{slash}{name.partition(':')[0]}@{image_digest(svc, image)}"


def arrived(variant: Doc) -> Doc:
    """A variant that has what it desired: current is desired, and no status is left."""
    done = {name: value for name, value in variant.items() if name != "VariantStatus"}
    for desired, current in _PLACE.items():
        if desired in done:
            done[current] = done[desired]
    if "DesiredServerlessConfig" in done:
        done["CurrentServerlessConfig"] = done.pop("DesiredServerlessConfig")
    return done


def with_status(svc: Service, variants: list[Doc], status: str, message: str | None) -> list[Doc]:
    """The variants with one VariantStatus, begun now."""
    entry = {"Status": status, "StartTime": svc.now()}
    if message:
        entry["StatusMessage"] = message
    return [{**variant, "VariantStatus": [entry]} for variant in variants]


def pending(svc: Service, config: Doc, variants: list[Doc]) -> Doc:
    """A PendingDeploymentSummary."""
    types = {each["VariantName"]: each.get("InstanceType") for each in config["ProductionVariants"]}
    listed = []
    for variant in variants:
        kind = types.get(variant["VariantName"])
        listed.append({**variant, **({"InstanceType": kind} if kind else {})})
    return {
        "EndpointConfigName": config["EndpointConfigName"],
        "ProductionVariants": listed,
        "StartTime": svc.now(),
    }


def capture_summary(config: Doc) -> Doc | None:
    """DescribeEndpoint's DataCaptureConfig, from the configuration's."""
    given = config.get("DataCaptureConfig")
    if given is None:
        return None
    enabled = bool(given.get("EnableCapture", False))
    return {
        "EnableCapture": enabled,
        "CaptureStatus": "Started" if enabled else "Stopped",
        "CurrentSamplingPercentage": given["InitialSamplingPercentage"],
        "DestinationS3Uri": given["DestinationS3Uri"],
        "KmsKeyId": given.get("KmsKeyId", ""),
    }


def kept_properties(doc: Doc, request: Doc) -> Doc:
    """By variant, the live weight and count that an update is told to keep."""
    if not request.get("RetainAllVariantProperties"):
        return {}
    excluded = {
        each["VariantPropertyType"] for each in request.get("ExcludeRetainedVariantProperties", [])
    }
    return {
        variant["VariantName"]: {
            name: variant[name] for name in _PLACE if name in variant and name not in excluded
        }
        for variant in doc.get("ProductionVariants", [])
    }
