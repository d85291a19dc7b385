"""ListModelPackages."""

from typing import Any

from localcloud.sagemaker.api import members, operation, pick
from localcloud.sagemaker.paging import page, select
from localcloud.sagemaker.registry.names import PACKAGES, group, group_key, local_name
from localcloud.sagemaker.service import Service


@operation("ListModelPackages")
def list_model_packages(svc: Service, request: dict[str, Any]) -> dict[str, Any]:
    """List versions of one group, or packages of one type; oldest first by default."""
    listed = "ModelPackageSummaryList"
    docs = _of_group(svc, request) if "ModelPackageGroupName" in request else _of_type(svc, request)
    status = request.get("ModelApprovalStatus")
    kept = [
        {"Name": local_name(svc, doc["ModelPackageArn"]), **doc}
        for doc in docs
        if status in (None, doc.get("ModelApprovalStatus"))
    ]
    found = select(kept, request, "Name", order="Ascending")
    names = members("ListModelPackages", listed)
    return page([pick(doc, names) for doc in found], request, listed)


def _of_group(svc: Service, request: dict[str, Any]) -> list[dict[str, Any]]:
    name = group(svc, request["ModelPackageGroupName"])["ModelPackageGroupName"]
    return svc.store.list(PACKAGES, f"{group_key(name)}/")


def _of_type(svc: Service, request: dict[str, Any]) -> list[dict[str, Any]]:
    wanted = request.get("ModelPackageType", "Unversioned")
    docs = svc.store.list(PACKAGES)
    if wanted == "Both":
        return docs
    return [doc for doc in docs if ("ModelPackageVersion" in doc) == (wanted == "Versioned")]
