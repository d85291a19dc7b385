"""Endpoint configurations: variants, their models and sizes, data capture. They never change."""

from typing import Any

from localcloud.sagemaker import tags
from localcloud.sagemaker.api import ApiError, members, operation, pick
from localcloud.sagemaker.models import find_model
from localcloud.sagemaker.paging import page, select
from localcloud.sagemaker.service import Service

CONFIGS = "endpoint-config"
Doc = dict[str, Any]


@operation("CreateEndpointConfig")
def create_endpoint_config(svc: Service, request: Doc) -> Doc:
    """Create a configuration; every variant needs a model that exists and one kind of capacity."""
    name, arn = request["EndpointConfigName"], svc.arn(CONFIGS, request["EndpointConfigName"])
    _check_variants(svc, request["ProductionVariants"])
    _check_exclusions(svc, request)
    doc = pick(request, members("DescribeEndpointConfig")) | {
        "EndpointConfigArn": arn,
        "ProductionVariants": [_with_defaults(each) for each in request["ProductionVariants"]],
        "CreationTime": svc.now(),
    }
    with svc.store.transaction():
        if svc.store.get(CONFIGS, name) is not None:
            text = f'Cannot create already existing endpoint configuration "{arn}".'
            raise ApiError("ValidationException", text)
        svc.store.put(CONFIGS, name, doc)
        tags.register(svc, arn, request.get("Tags"))
    return {"EndpointConfigArn": arn}


def _check_variants(svc: Service, variants: list[Doc]) -> None:
    names = [variant["VariantName"] for variant in variants]
    if len(set(names)) != len(names):
        raise ApiError("ValidationException", "Production variant names must be unique.")
    for variant in variants:
        _check_capacity(variant)
        if "ModelName" not in variant:
            raise ApiError(
                "ValidationException",
                f"Variant {variant['VariantName']} names no model; the local cloud has no "
                "inference components.",
            )
        find_model(svc, variant["ModelName"])


def _check_capacity(variant: Doc) -> None:
    name, serverless = variant["VariantName"], variant.get("ServerlessConfig")
    sized = "InstanceType" in variant or "InitialInstanceCount" in variant
    if serverless and sized:
        text = f"Variant {name} has both ServerlessConfig and instances; give only one of them."
        raise ApiError("ValidationException", text)
    if not serverless and not ("InstanceType" in variant and "InitialInstanceCount" in variant):
        text = f"Variant {name} needs InstanceType and InitialInstanceCount, or ServerlessConfig."
        raise ApiError("ValidationException", text)
    if serverless and serverless["MemorySizeInMB"] % 1024:
        text = "MemorySizeInMB must be one of 1024, 2048, 3072, 4096, 5120 or 6144."
        raise ApiError("ValidationException", text)


def _check_exclusions(svc: Service, request: Doc) -> None:
    """Refuse what AWS's page on Serverless Inference lists as not supported. The words are ours."""
    for variant in request["ProductionVariants"]:
        if "ServerlessConfig" not in variant:
            continue
        if (request.get("DataCaptureConfig") or {}).get("EnableCapture"):
            text = "Data capture is not supported for endpoints with serverless variants."
            raise ApiError("ValidationException", text)
        if "VpcConfig" in find_model(svc, variant["ModelName"]):
            text = "Models with a VpcConfig are not supported by serverless variants."
            raise ApiError("ValidationException", text)


def _with_defaults(variant: Doc) -> Doc:
    return {"InitialVariantWeight": 1.0, **variant}


def find_config(svc: Service, name: str) -> Doc:
    """The configuration's document. Raises ``ApiError`` when there is none."""
    doc = svc.store.get(CONFIGS, name)
    if doc is None:
        text = f'Could not find endpoint configuration "{svc.arn(CONFIGS, name)}".'
        raise ApiError("ValidationException", text)
    return doc


@operation("DescribeEndpointConfig")
def describe_endpoint_config(svc: Service, request: Doc) -> Doc:
    """Describe one configuration."""
    doc = find_config(svc, request["EndpointConfigName"])
    return pick(doc, members("DescribeEndpointConfig"))


@operation("ListEndpointConfigs")
def list_endpoint_configs(svc: Service, request: Doc) -> Doc:
    """List configurations, newest first by default."""
    names = members("ListEndpointConfigs", "EndpointConfigs")
    found = select(svc.store.list(CONFIGS), request, "EndpointConfigName")
    return page([pick(doc, names) for doc in found], request, "EndpointConfigs")


@operation("DeleteEndpointConfig")
def delete_endpoint_config(svc: Service, request: Doc) -> None:
    """Delete a configuration. SageMaker does not refuse one that is live: callers must look."""
    doc = find_config(svc, request["EndpointConfigName"])
    svc.store.delete(CONFIGS, doc["EndpointConfigName"])
    tags.forget(svc, doc["EndpointConfigArn"])
