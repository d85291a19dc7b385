"""Names and ARNs of the registry, turned into the keys under which documents are kept."""

from typing import Any

from localcloud.sagemaker.api import ApiError
from localcloud.sagemaker.service import Service

GROUPS = "model-package-group"
PACKAGES = "model-package"


def local_name(svc: Service, name_or_arn: str) -> str:
    """What follows the kind in an ARN ("churn/3"), or the name as it is; refuses other regions."""
    if not name_or_arn.startswith("arn:"):
        return name_or_arn
    parts = name_or_arn.split(":", 5)
    if parts[3] != svc.context.region:
        raise ApiError(
            "ValidationException", f"ARN should be scoped to correct region: {svc.context.region}"
        )
    return parts[5].partition("/")[2]


def group(svc: Service, name_or_arn: str) -> dict[str, Any]:
    """The group's document. Raises ``ApiError`` when there is none."""
    name = local_name(svc, name_or_arn)
    doc = svc.store.get(GROUPS, group_key(name))
    if doc is None:
        text = f"ModelPackageGroup {svc.arn(GROUPS, name)} does not exist."
        raise ApiError("ValidationException", text)
    return doc


def package(svc: Service, name_or_arn: str) -> dict[str, Any]:
    """The package's document. Raises ``ApiError`` when there is none."""
    key = package_key(svc, name_or_arn)
    doc = svc.store.get(PACKAGES, key)
    if doc is None:
        raise ApiError(
            "ValidationException", f"ModelPackage {svc.arn(PACKAGES, key)} does not exist."
        )
    return doc


def package_key(svc: Service, name_or_arn: str) -> str:
    """The key of a package: "name" or "group/version", in lower case as in its ARN."""
    return local_name(svc, name_or_arn).lower()


def group_key(name: str) -> str:
    """The key of a group: its name in lower case, so that its ARN finds it as well."""
    return name.lower()
