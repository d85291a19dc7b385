"""UpdateModelPackage: approval, life cycle and metadata, and the event that says which changed."""

from collections.abc import Callable
from typing import Any

from localcloud.sagemaker.api import ApiError, operation
from localcloud.sagemaker.artifacts import recorded
from localcloud.sagemaker.callers import user_context
from localcloud.sagemaker.registry.names import PACKAGES, package, package_key
from localcloud.sagemaker.service import Service

Doc = dict[str, Any]
_MOST_PROPERTIES = 50
# Members that replace the old value, and their names in the event's UpdatedModelPackageFields.
_PLAIN = {
    "ModelApprovalStatus": "ModelApprovalStatus",
    "ApprovalDescription": "ApprovalDescription",
    "ModelPackageRegistrationType": "ModelPackageRegistrationType",
    "SourceUri": "sourceUri",
    "ModelCard": "ModelCard",
    "ModelLifeCycle": "ModelLifeCycle",
}


@operation("UpdateModelPackage")
def update_model_package(svc: Service, request: Doc) -> Doc:
    """Change a package and tell the bus which fields changed; no change, no event.

    A write to CustomerMetadataProperties or ModelLifeCycle therefore makes an event that repeats
    the approval status, exactly the trap that SageMaker sets for those who ignore the list.
    """
    doc = package(svc, request["ModelPackageArn"])
    specification = request.get("InferenceSpecification")
    fresh = recorded(svc, specification) if specification else None
    updated: list[str] = []

    def change(stored: Doc) -> None:
        updated[:] = _changed(stored, request, fresh)
        if updated:
            stored["LastModifiedTime"] = svc.now()
            stored["LastModifiedBy"] = user_context()

    stored = svc.store.update(PACKAGES, package_key(svc, doc["ModelPackageArn"]), change)
    if updated:
        svc.events.model_package(stored, updated)
    return {"ModelPackageArn": stored["ModelPackageArn"]}


def _changed(stored: Doc, request: Doc, fresh: Doc | None) -> list[str]:
    """Apply the request to the document; return the event's names of what is different now."""
    fields = [label for member, label in _PLAIN.items() if _replace(stored, member, request)]
    if _change(stored, "CustomerMetadataProperties", lambda old: _properties(old or {}, request)):
        fields.append("CustomerMetadataProperties")
    if fresh is not None and _change(stored, "InferenceSpecification", lambda _: fresh):
        fields.append("InferenceSpecification")
    added = request.get("AdditionalInferenceSpecificationsToAdd")
    name = "AdditionalInferenceSpecifications"
    if added and _change(stored, name, lambda old: [*(old or []), *added]):
        fields.append(name)
    return fields


def _replace(stored: Doc, member: str, request: Doc) -> bool:
    return member in request and _change(stored, member, lambda _: request[member])


def _change(stored: Doc, member: str, fn: Callable[[Any], Any]) -> bool:
    old = stored.get(member)
    new = fn(old)
    if new == old or (not new and not old):
        return False
    stored[member] = new
    return True


def _properties(old: dict[str, str], request: Doc) -> dict[str, str]:
    """Merge properties in, then take those out that are to be removed."""
    merged = {**old, **request.get("CustomerMetadataProperties", {})}
    for key in request.get("CustomerMetadataPropertiesToRemove", []):
        merged.pop(key, None)
    if len(merged) > _MOST_PROPERTIES:
        text = f"A Model Package can have at most {_MOST_PROPERTIES} CustomerMetadataProperties."
        raise ApiError("ValidationException", text)
    return merged
