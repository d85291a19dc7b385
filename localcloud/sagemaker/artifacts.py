"""What a container definition points at: the model's object in S3 and the image behind a tag."""

import hashlib
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from localcloud.sagemaker.api import ApiError
from localcloud.sagemaker.service import Service


def split_s3(uri: str) -> tuple[str, str]:
    """Return bucket and key of an ``s3://`` (or path-style https) address."""
    parts = urlsplit(uri)
    if parts.scheme == "s3":
        return parts.netloc, parts.path.lstrip("/")
    bucket, _, key = parts.path.lstrip("/").partition("/")
    return bucket, key


def model_etag(svc: Service, uri: str) -> str:
    """The ETag of the model's object now. Raises ``ApiError`` when there is no such object."""
    bucket, key = split_s3(uri)
    try:
        head = svc.context.client("s3").head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        raise ApiError("ValidationException", f"Could not find model data at {uri}.") from error
    return str(head["ETag"]).strip('"')


def image_digest(svc: Service, image: str) -> str:
    """A digest of what runs when ``image`` is asked for.

    No registry is here to ask: the digest covers the address and the packages of the environment
    that stands in for the container, so that it changes when either does.
    """
    packages = svc.context.image_python.parent.parent.glob("lib/python*/site-packages/*.dist-info")
    listing = "\n".join([image, *sorted(path.name for path in packages)])
    return f"sha256:{hashlib.sha256(listing.encode()).hexdigest()}"


def recorded(svc: Service, specification: dict[str, Any]) -> dict[str, Any]:
    """A copy of an InferenceSpecification with each container's ImageDigest and ModelDataETag."""
    containers = []
    for container in specification["Containers"]:
        found = dict(container)
        if image := container.get("Image"):
            found.setdefault("ImageDigest", image_digest(svc, image))
        if uri := container.get("ModelDataUrl"):
            found["ModelDataETag"] = model_etag(svc, uri)
        containers.append(found)
    return {**specification, "Containers": containers}
