"""Objects in S3, by URI."""

import hashlib
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from adapters import aws

CHUNK = 1 << 20


def split(uri: str) -> tuple[str, str]:
    """Bucket and key of an `s3://` URI."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def region() -> str:
    """The region of this stack."""
    return str(aws.client("s3").meta.region_name)


def read(uri: str) -> bytes:
    """The content of an object; botocore's NoSuchKey when it is not there."""
    bucket, key = split(uri)
    content: bytes = aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return content


def read_optional(uri: str) -> bytes | None:
    """The content of an object, or None when it is not there."""
    try:
        return read(uri)
    except aws.client("s3").exceptions.NoSuchKey:
        return None


def read_json(uri: str) -> dict[str, Any] | None:
    """A JSON object, or None when it is not there."""
    content = read_optional(uri)
    return json.loads(content) if content is not None else None


def read_many(uris: Mapping[str, str]) -> dict[str, bytes | None]:
    """Several objects at once, by name; None for those that are not there."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        return dict(zip(uris, pool.map(read_optional, uris.values()), strict=True))


def write(uri: str, content: bytes, content_type: str = "application/octet-stream") -> None:
    """Store an object."""
    bucket, key = split(uri)
    aws.client("s3").put_object(Bucket=bucket, Key=key, Body=content, ContentType=content_type)


def write_many(bucket: str, objects: Mapping[str, bytes]) -> None:
    """Store several objects at once, by key."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(lambda key: write(f"s3://{bucket}/{key}", objects[key]), objects))


def listing(bucket: str, prefix: str) -> dict[str, str]:
    """Keys with content under a prefix and their ETags."""
    pages = aws.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return {
        item["Key"]: item["ETag"].strip('"')
        for page in pages
        for item in page.get("Contents", [])
        if item["Size"]
    }


def etag(uri: str) -> str | None:
    """The ETag of an object, or None when it is not there."""
    bucket, key = split(uri)
    return listing(bucket, key).get(key)


def sha256(uri: str) -> str:
    """Hex SHA-256 of an object, read in chunks: a model may be larger than the memory."""
    bucket, key = split(uri)
    body = aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"]
    digest = hashlib.sha256()
    for chunk in body.iter_chunks(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()
