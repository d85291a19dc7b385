"""AddTags, ListTags and DeleteTags for everything that has an ARN."""

from typing import Any

from localcloud.sagemaker.api import ApiError, operation
from localcloud.sagemaker.paging import page
from localcloud.sagemaker.service import Service

_LIMIT = 50
TagList = list[dict[str, str]]


def register(svc: Service, arn: str, tags: TagList | None) -> None:
    """Make ``arn`` known as taggable and give it its first tags; every Create calls this once."""
    named = {tag["Key"]: tag["Value"] for tag in tags or []}
    if len(named) != len(tags or []):
        raise ApiError(
            "ValidationException", "Duplicate tag keys found. Please provide unique keys."
        )
    svc.store.put("tags", arn, named)


def forget(svc: Service, arn: str) -> None:
    """Drop a resource's tags; every Delete calls this."""
    svc.store.delete("tags", arn)


def of(svc: Service, arn: str) -> TagList:
    """The tags of a resource, in the API's form."""
    named = svc.store.get("tags", arn) or {}
    return [{"Key": key, "Value": value} for key, value in named.items()]


@operation("AddTags")
def add_tags(svc: Service, request: dict[str, Any]) -> dict[str, Any]:
    """Add or overwrite tags; answers with all tags of the resource."""

    def add(named: dict[str, Any]) -> None:
        named.update({tag["Key"]: tag["Value"] for tag in request["Tags"]})
        if len(named) > _LIMIT:
            raise ApiError("ResourceLimitExceeded", f"A resource can have at most {_LIMIT} tags.")

    svc.store.update("tags", _known(svc, request["ResourceArn"]), add)
    return {"Tags": of(svc, request["ResourceArn"])}


@operation("ListTags")
def list_tags(svc: Service, request: dict[str, Any]) -> dict[str, Any]:
    """List the tags of one resource, in pages."""
    found = of(svc, _known(svc, request["ResourceArn"]))
    return page(found, request, "Tags", size=_LIMIT)


@operation("DeleteTags")
def delete_tags(svc: Service, request: dict[str, Any]) -> dict[str, Any]:
    """Remove tags by key; keys that are not there are ignored."""

    def remove(named: dict[str, Any]) -> None:
        for key in request["TagKeys"]:
            named.pop(key, None)

    svc.store.update("tags", _known(svc, request["ResourceArn"]), remove)
    return {}


def _known(svc: Service, arn: str) -> str:
    if svc.store.get("tags", arn) is None:
        raise ApiError("ValidationException", f'Could not find resource "{arn}".')
    return arn
