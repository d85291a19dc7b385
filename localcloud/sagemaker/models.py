"""CreateModel and its kin: which container serves which artifact, alone or from the registry."""

from typing import Any

from localcloud.sagemaker import tags
from localcloud.sagemaker.api import ApiError, members, operation, pick
from localcloud.sagemaker.artifacts import model_etag
from localcloud.sagemaker.paging import page, select
from localcloud.sagemaker.registry.names import package
from localcloud.sagemaker.service import Service

MODELS = "model"
Doc = dict[str, Any]


@operation("CreateModel")
def create_model(svc: Service, request: Doc) -> Doc:
    """Create a model from containers, or from model packages that are Approved.

    A package's image, artifact and environment are resolved now: what the registry says later does
    not change a model that exists.
    """
    name, arn = request["ModelName"], svc.arn(MODELS, request["ModelName"])
    given = _given_containers(request)
    doc = pick(request, members("DescribeModel")) | {
        "ModelArn": arn,
        "CreationTime": svc.now(),
        "EnableNetworkIsolation": request.get("EnableNetworkIsolation", False),
        "resolved": [_resolve(svc, container) for container in given],
    }
    with svc.store.transaction():
        if svc.store.get(MODELS, name) is not None:
            text = f'Cannot create already existing model "{arn}".'
            raise ApiError("ValidationException", text)
        svc.store.put(MODELS, name, doc)
        tags.register(svc, arn, request.get("Tags"))
    return {"ModelArn": arn}


def _given_containers(request: Doc) -> list[Doc]:
    primary, listed = request.get("PrimaryContainer"), request.get("Containers") or []
    if (primary is None) == (not listed):
        text = "You must provide either PrimaryContainer or Containers, and not both."
        raise ApiError("ValidationException", text)
    if len(listed) > 1:
        raise ApiError(
            "ValidationException",
            "The local cloud serves models of one container; inference pipelines run on AWS only.",
        )
    return [primary] if primary else listed


def _resolve(svc: Service, container: Doc) -> Doc:
    """The container as it will run: ``Image``, ``ModelDataUrl`` and ``Environment``."""
    if named := container.get("ModelPackageName"):
        return _from_package(svc, named, container.get("Environment") or {})
    if not container.get("Image"):
        raise ApiError("ValidationException", "Image or ModelPackageName must be provided.")
    if uri := container.get("ModelDataUrl"):
        model_etag(svc, uri)
    return _container(container, {})


def _from_package(svc: Service, named: str, overrides: dict[str, str]) -> Doc:
    doc = package(svc, named)
    status = doc.get("ModelApprovalStatus", "Approved")
    if status != "Approved":
        raise ApiError(
            "ValidationException",
            f"Cannot create a Model from ModelPackage {doc['ModelPackageArn']}: its "
            f"ModelApprovalStatus is {status}, and it must be Approved.",
        )
    if "InferenceSpecification" not in doc:
        text = f"ModelPackage {doc['ModelPackageArn']} has no InferenceSpecification."
        raise ApiError("ValidationException", text)
    source = doc["InferenceSpecification"]["Containers"][0]
    if uri := source.get("ModelDataUrl"):
        model_etag(svc, uri)
    return _container(source, overrides)


def _container(source: Doc, overrides: dict[str, str]) -> Doc:
    return {
        "Image": source["Image"],
        "ModelDataUrl": source.get("ModelDataUrl"),
        "Environment": {**(source.get("Environment") or {}), **overrides},
    }


def find_model(svc: Service, name: str) -> Doc:
    """The model's document, with its ``resolved`` containers. Raises ``ApiError`` if missing."""
    doc = svc.store.get(MODELS, name)
    if doc is None:
        text = f'Could not find model "{svc.arn(MODELS, name)}".'
        raise ApiError("ValidationException", text)
    return doc


@operation("DescribeModel")
def describe_model(svc: Service, request: Doc) -> Doc:
    """Describe one model as it was created."""
    return pick(find_model(svc, request["ModelName"]), members("DescribeModel"))


@operation("ListModels")
def list_models(svc: Service, request: Doc) -> Doc:
    """List models, newest first by default."""
    names = members("ListModels", "Models")
    found = select(svc.store.list(MODELS), request, "ModelName")
    return page([pick(doc, names) for doc in found], request, "Models")


@operation("DeleteModel")
def delete_model(svc: Service, request: Doc) -> None:
    """Delete a model. SageMaker allows it even while an endpoint runs it, and so does this."""
    doc = find_model(svc, request["ModelName"])
    svc.store.delete(MODELS, doc["ModelName"])
    tags.forget(svc, doc["ModelArn"])
