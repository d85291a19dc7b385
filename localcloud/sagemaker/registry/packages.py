"""Model packages: versions of a group, or unversioned ones under a name of their own."""

from typing import Any

from localcloud.sagemaker import tags
from localcloud.sagemaker.api import ApiError, members, operation, pick
from localcloud.sagemaker.artifacts import recorded
from localcloud.sagemaker.callers import user_context
from localcloud.sagemaker.registry.names import PACKAGES, group, group_key, package, package_key
from localcloud.sagemaker.service import Service

_TOKENS = "model-package-token"


@operation("CreateModelPackage")
def create_model_package(svc: Service, request: dict[str, Any]) -> dict[str, Any]:
    """Register a model, with the digest of its image and the ETag of its artifact as they are now.

    A ClientToken that was used before returns the package it made then.
    """
    _refuse_ambiguous(request)
    token = request.get("ClientToken")
    if token and (made := svc.store.get(_TOKENS, token)):
        return made
    doc = _new_document(svc, request)
    with svc.store.transaction():
        key = _name_it(svc, request, doc)
        if svc.store.get(PACKAGES, key) is not None:
            text = f"Model Package already exists: {doc['ModelPackageArn']}"
            raise ApiError("ValidationException", text)
        svc.store.put(PACKAGES, key, doc)
        tags.register(svc, doc["ModelPackageArn"], request.get("Tags"))
        answer = {"ModelPackageArn": doc["ModelPackageArn"]}
        if token:
            svc.store.put(_TOKENS, token, answer)
    svc.events.model_package(doc, [])
    return answer


def _refuse_ambiguous(request: dict[str, Any]) -> None:
    grouped, named = request.get("ModelPackageGroupName"), request.get("ModelPackageName")
    if grouped and named:
        raise ApiError(
            "ValidationException",
            "Both ModelPackageName and ModelPackageGroupName are provided in the input. "
            "Cannot determine which one to use.",
        )
    if not grouped and not named:
        raise ApiError("ValidationException", "Missing ARN.")
    if grouped and request.get("Tags"):
        raise ApiError(
            "ValidationException",
            "Tags cannot be supplied for a versioned Model Package: it uses the tags of its group.",
        )


def _new_document(svc: Service, request: dict[str, Any]) -> dict[str, Any]:
    now, caller = svc.now(), user_context()
    doc = pick(request, members("DescribeModelPackage")) | {
        "CreationTime": now,
        "LastModifiedTime": now,
        "CreatedBy": caller,
        "LastModifiedBy": caller,
        "CertifyForMarketplace": request.get("CertifyForMarketplace", False),
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
    }
    if specification := request.get("InferenceSpecification"):
        doc["InferenceSpecification"] = recorded(svc, specification)
    return doc


def _name_it(svc: Service, request: dict[str, Any], doc: dict[str, Any]) -> str:
    """Give a new document its name and ARN and, in a group, its version; return its key."""
    named = request.get("ModelPackageGroupName")
    if not named:
        name_given = str(request["ModelPackageName"])
        doc["ModelPackageArn"] = svc.arn(PACKAGES, name_given)
        return package_key(svc, name_given)
    name = group(svc, named)["ModelPackageGroupName"]
    version = svc.store.next_version(PACKAGES, group_key(name))
    key = f"{group_key(name)}/{version}"
    doc.setdefault("ModelApprovalStatus", "PendingManualApproval")
    doc |= {
        "ModelPackageGroupName": name,
        "ModelPackageVersion": version,
        "ModelPackageArn": svc.arn(PACKAGES, key),
    }
    return key


@operation("DescribeModelPackage")
def describe_model_package(svc: Service, request: dict[str, Any]) -> dict[str, Any]:
    """Describe one package, by name, by "group/version" or by ARN."""
    doc = package(svc, request["ModelPackageName"])
    doc.setdefault("ModelPackageName", package_key(svc, doc["ModelPackageArn"]))
    return pick(doc, members("DescribeModelPackage"))


@operation("BatchDescribeModelPackage")
def batch_describe_model_package(svc: Service, request: dict[str, Any]) -> dict[str, Any]:
    """Describe several versions at once; those that are missing come back as errors by ARN."""
    found: dict[str, Any] = {}
    failed: dict[str, Any] = {}
    for arn in request["ModelPackageArnList"]:
        try:
            found[arn] = pick(package(svc, arn), _batch_members())
        except ApiError as error:
            failed[arn] = {"ErrorCode": error.code, "ErrorResponse": error.message}
    return {"ModelPackageSummaries": found, "BatchDescribeModelPackageErrorMap": failed}


def _batch_members() -> frozenset[str]:
    from localcloud.sagemaker.validation import service_model

    return frozenset(
        service_model("sagemaker").shape_for("BatchDescribeModelPackageSummary").members
    )


@operation("DeleteModelPackage")
def delete_model_package(svc: Service, request: dict[str, Any]) -> None:
    """Delete one package; its version number is not used again."""
    doc = package(svc, request["ModelPackageName"])
    svc.store.delete(PACKAGES, package_key(svc, doc["ModelPackageArn"]))
    tags.forget(svc, doc["ModelPackageArn"])
