"""Model package groups and the policies on them."""

from typing import Any

from localcloud.sagemaker import tags
from localcloud.sagemaker.api import ApiError, members, operation, pick
from localcloud.sagemaker.callers import user_context
from localcloud.sagemaker.paging import page, select
from localcloud.sagemaker.registry.names import GROUPS, PACKAGES, group, group_key
from localcloud.sagemaker.service import Service

_POLICIES = "model-package-group-policy"


@operation("CreateModelPackageGroup")
def create_model_package_group(svc: Service, request: dict[str, Any]) -> dict[str, Any]:
    """Create an empty group; its versions count from 1."""
    name = request["ModelPackageGroupName"]
    arn = svc.arn(GROUPS, name)
    doc = {key: value for key, value in request.items() if key != "Tags"} | {
        "ModelPackageGroupArn": arn,
        "CreationTime": svc.now(),
        "CreatedBy": user_context(),
        "ModelPackageGroupStatus": "Completed",
    }
    with svc.store.transaction():
        if svc.store.get(GROUPS, group_key(name)) is not None:
            text = f"Model Package Group already exists: {arn}"
            raise ApiError("ValidationException", text)
        svc.store.put(GROUPS, group_key(name), doc)
        tags.register(svc, arn, request.get("Tags"))
    return {"ModelPackageGroupArn": arn}


@operation("DescribeModelPackageGroup")
def describe_model_package_group(svc: Service, request: dict[str, Any]) -> dict[str, Any]:
    """Describe one group, by name or ARN."""
    return pick(group(svc, request["ModelPackageGroupName"]), members("DescribeModelPackageGroup"))


@operation("ListModelPackageGroups")
def list_model_package_groups(svc: Service, request: dict[str, Any]) -> dict[str, Any]:
    """List groups, oldest first by default."""
    listed = "ModelPackageGroupSummaryList"
    names = members("ListModelPackageGroups", listed)
    found = select(svc.store.list(GROUPS), request, "ModelPackageGroupName", order="Ascending")
    return page([pick(doc, names) for doc in found], request, listed)


@operation("DeleteModelPackageGroup")
def delete_model_package_group(svc: Service, request: dict[str, Any]) -> None:
    """Delete an empty group with its policy and tags; a group that has versions stays."""
    doc = group(svc, request["ModelPackageGroupName"])
    name, arn = group_key(doc["ModelPackageGroupName"]), doc["ModelPackageGroupArn"]
    with svc.store.transaction():
        if svc.store.list(PACKAGES, f"{name}/"):
            text = f"Model Package Group {arn} cannot be deleted: it still has Model Packages."
            raise ApiError("ConflictException", text)
        svc.store.delete(GROUPS, name)
        svc.store.delete(_POLICIES, name)
        svc.store.forget_versions(PACKAGES, name)
        tags.forget(svc, arn)


@operation("PutModelPackageGroupPolicy")
def put_model_package_group_policy(svc: Service, request: dict[str, Any]) -> dict[str, Any]:
    """Set the resource policy of a group."""
    doc = group(svc, request["ModelPackageGroupName"])
    policy = {"ResourcePolicy": request["ResourcePolicy"]}
    svc.store.put(_POLICIES, group_key(doc["ModelPackageGroupName"]), policy)
    return {"ModelPackageGroupArn": doc["ModelPackageGroupArn"]}


@operation("GetModelPackageGroupPolicy")
def get_model_package_group_policy(svc: Service, request: dict[str, Any]) -> dict[str, Any]:
    """Return the resource policy of a group."""
    return _policy(svc, group(svc, request["ModelPackageGroupName"]))


@operation("DeleteModelPackageGroupPolicy")
def delete_model_package_group_policy(svc: Service, request: dict[str, Any]) -> None:
    """Remove the resource policy of a group."""
    doc = group(svc, request["ModelPackageGroupName"])
    _policy(svc, doc)
    svc.store.delete(_POLICIES, group_key(doc["ModelPackageGroupName"]))


def _policy(svc: Service, doc: dict[str, Any]) -> dict[str, Any]:
    policy = svc.store.get(_POLICIES, group_key(doc["ModelPackageGroupName"]))
    if policy is None:
        text = f"Cannot find Model Package Group Policy for {doc['ModelPackageGroupArn']}."
        raise ApiError("ValidationException", text)
    return policy
