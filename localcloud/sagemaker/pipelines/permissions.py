"""What a pipeline may do: SageMaker calls other operations as the pipeline's role, and IAM decides.

https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-access.html
"""

from __future__ import annotations

from typing import Any

from localcloud.authorization import default_resource
from localcloud.context import Context
from localcloud.sagemaker.api import ApiError
from localcloud.sagemaker.jobs import roles

Doc = dict[str, Any]
_PASSED_TO_SAGEMAKER = {"iam:PassedToService": "sagemaker.amazonaws.com"}


def require(context: Context, role_arn: str, operation: str, request: Doc) -> None:
    """Raise AccessDeniedException unless the role may call ``operation`` with ``request``.

    That includes handing a role on, and tags where the request has them.
    """
    name_resource = default_resource("sagemaker")
    resource = name_resource(operation, request, context.region, context.account)
    _require(context, role_arn, f"sagemaker:{operation}", resource)
    if request.get("Tags"):
        _require(context, role_arn, "sagemaker:AddTags", resource)
    for member in ("RoleArn", "ExecutionRoleArn"):
        if member in request:
            _require(context, role_arn, "iam:PassRole", request[member], _PASSED_TO_SAGEMAKER)


def session_arn(role_arn: str) -> str:
    """Whom IAM and the registry see when a pipeline acts: its role, assumed by SageMaker."""
    account, name = role_arn.split(":")[4], role_arn.rsplit("/", 1)[-1]
    return f"arn:aws:sts::{account}:assumed-role/{name}/SageMaker"


def _require(
    context: Context, role_arn: str, action: str, resource: str, keys: dict[str, str] | None = None
) -> None:
    if roles.may(context, role_arn, action, resource, keys):
        return
    raise ApiError(
        "AccessDeniedException",
        f"User: {session_arn(role_arn)} is not authorized to perform: {action} on resource: "
        f"{resource} because no identity-based policy allows the {action} action",
    )
