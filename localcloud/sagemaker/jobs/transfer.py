"""What moves between S3 and a job's folder, by SageMaker's rules for names."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from localcloud.sagemaker.jobs.objects import Access

THREADS = 8


class TransferError(Exception):
    """Data could not be moved; the text is fit for a job's FailureReason."""


@dataclass(frozen=True)
class _Object:
    """One object and where it goes, relative to the target."""

    bucket: str
    key: str
    path: str


def split_uri(uri: str) -> tuple[str, str]:
    """``s3://bucket/key`` → (bucket, key). Raises TransferError for anything else."""
    parts = urlsplit(uri, allow_fragments=False)
    if parts.scheme != "s3" or not parts.netloc:
        raise TransferError(f"ClientError: Invalid S3 URI: {uri!r}")
    return parts.netloc, (parts.path + ("?" + parts.query if parts.query else "")).lstrip("/")


def download(s3: Access, uri: str, target: Path, data_type: str = "S3Prefix") -> int:
    """Bring the objects that ``uri`` names into the folder ``target``; returns how many.

    ``S3Prefix``: every object whose key starts with the prefix (an object's own key is one);
    ``ManifestFile``: the objects that the JSON file at ``uri`` lists. No object at all is an error,
    as it is on AWS.
    """
    wanted = list(_manifest(s3, uri)) if data_type == "ManifestFile" else list(_below(s3, uri))
    if not wanted:
        raise TransferError(
            f'ClientError: Data download failed: No S3 objects found under S3 URL "{uri}" given in '
            "input data source. Please ensure that the bucket exists in the selected region and "
            "that objects exist under that S3 prefix."
        )
    for item in wanted:
        _fetch(s3, item, target / item.path)
    return len(wanted)


def upload(s3: Access, source: Path, uri: str) -> int:
    """Put every file under the folder ``source`` below the prefix ``uri``; returns how many."""
    bucket, prefix = split_uri(uri)
    files = [Path(folder, name) for folder, _, names in os.walk(source) for name in names]
    keys = [(file, _join(prefix, file.relative_to(source).as_posix())) for file in files]
    if keys:
        with ThreadPoolExecutor(min(THREADS, len(keys))) as pool:
            list(pool.map(lambda item: put_file(s3, item[0], bucket, item[1]), keys))
    return len(keys)


def put_file(s3: Access, file: Path, bucket: str, key: str) -> None:
    """Put one file. Raises TransferError with S3's own words."""
    try:
        with file.open("rb") as body:
            s3.client.put_object(Bucket=bucket, Key=key, Body=body)
    except ClientError as error:
        raise TransferError(f"ClientError: Cannot write s3://{bucket}/{key}: {error}") from error


def read(s3: Access, uri: str) -> bytes:
    """The bytes of one object. Raises TransferError with S3's own words."""
    bucket, key = split_uri(uri)
    try:
        return s3.get(bucket, key)
    except ClientError as error:
        raise TransferError(f"ClientError: Cannot read {uri}: {error}") from error


def _below(s3: Access, uri: str) -> Iterator[_Object]:
    """Every object under a prefix."""
    bucket, prefix = split_uri(uri)
    try:
        pages = s3.client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        items = [item for page in pages for item in page.get("Contents", [])]
    except ClientError as error:
        raise TransferError(f"ClientError: Data download failed: {uri}: {error}") from error
    for item in items:
        key = item["Key"]
        if not key.endswith("/"):
            yield _Object(bucket, key, relative(key, prefix))


def relative(key: str, prefix: str) -> str:
    """Where an object lands: below the prefix read as a folder, else below the prefix's own folder.

    ``data/a.csv`` under ``data`` or ``data/`` → ``a.csv``; under ``data/a.csv`` → ``a.csv``;
    ``data/train/b.csv`` under ``data/tr`` → ``train/b.csv``.
    """
    folder = prefix if not prefix or prefix.endswith("/") else prefix + "/"
    if not key.startswith(folder):
        folder = prefix.rpartition("/")[0]
        folder = folder + "/" if folder else ""
    return key[len(folder) :].lstrip("/")


def _manifest(s3: Access, uri: str) -> Iterator[_Object]:
    """The objects of a manifest: ``[{"prefix": "s3://b/p/"}, "a.csv", …]``."""
    try:
        entries = json.loads(read(s3, uri))
        base = entries[0]["prefix"]
    except (ValueError, LookupError, TypeError) as error:
        raise TransferError(f"ClientError: {uri} is not a manifest file: {error}") from error
    for name in _names(entries[1:], uri):
        bucket, key = split_uri(base + name)
        yield _Object(bucket, key, name.lstrip("/"))


def _names(entries: Iterable[Any], uri: str) -> Iterator[str]:
    for entry in entries:
        if not isinstance(entry, str):
            raise TransferError(f"ClientError: {uri} is not a manifest file: {entry!r} is no name")
        yield entry


def _fetch(s3: Access, wanted: _Object, target: Path) -> None:
    if ".." in PurePosixPath(wanted.path).parts:
        raise TransferError(f"ClientError: Data download failed: {wanted.key!r} leaves its folder")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.write_bytes(s3.get(wanted.bucket, wanted.key))
    except ClientError as error:
        raise TransferError(f"ClientError: Data download failed: {wanted.key}: {error}") from error


def _join(prefix: str, name: str) -> str:
    return f"{prefix.rstrip('/')}/{name}" if prefix else name
