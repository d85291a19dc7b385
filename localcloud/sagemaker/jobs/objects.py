"""Objects that jobs have read or written lately, by content: the next job need not fetch them
again.

A copy is found by the object's ETag, which S3 lists and which is the MD5 of the content; ETags of
multipart uploads are not, and are left alone. Whether the job may read the object is asked each
time.
"""

from __future__ import annotations

import os
import re
import shutil
import threading
import uuid
from functools import cache
from pathlib import Path

from localcloud.context import Context
from localcloud.sagemaker.jobs import roles

_MD5 = re.compile(r'"?([0-9a-f]{32})"?')
LARGEST, LIMIT = 64 << 20, 512 << 20
"""Bytes: the largest object that is kept, and how much is kept in all before all is dropped."""


class ObjectCache:
    """A folder of contents, shared by the jobs of one cloud."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._size = sum(file.stat().st_size for file in folder.glob("*"))
        self._lock = threading.Lock()

    def take(self, etag: str, size: int, target: Path) -> bool:
        """Copy the content to ``target``; False when it is not here."""
        kept = self._path(etag)
        if kept is None:
            return False
        try:
            if kept.stat().st_size != size:
                return False
            shutil.copyfile(kept, target)
        except OSError:
            return False
        return True

    def keep(self, etag: str, source: Path) -> None:
        """Keep the content of ``source``; a job may change or remove the file itself later."""
        path, size = self._path(etag), source.stat().st_size
        if path is None or size > LARGEST or path.exists():
            return
        with self._lock:
            if self._size + size > LIMIT:
                shutil.rmtree(self._folder, ignore_errors=True)
                self._size = 0
            self._size += size
            self._folder.mkdir(parents=True, exist_ok=True)
        copy = self._folder / f"{uuid.uuid4().hex}.part"
        try:
            shutil.copyfile(source, copy)
            os.replace(copy, path)
        except OSError:
            copy.unlink(missing_ok=True)

    def _path(self, etag: str) -> Path | None:
        match = _MD5.fullmatch(etag)
        return self._folder / match[1] if match else None


class Access:
    """S3 as one role may use it. Without ``objects`` everything is fetched."""

    def __init__(self, context: Context, role_arn: str, objects: ObjectCache | None = None) -> None:
        self.client = roles.client(context, role_arn, "s3")
        self.objects = objects
        self._context = context
        self._role_arn = role_arn

    def take(self, bucket: str, key: str, etag: str, size: int, target: Path) -> bool:
        """Copy an object that is at hand, if the role may read it; False: it must be fetched."""
        if self.objects is None or not etag:
            return False
        resource = f"arn:aws:s3:::{bucket}/{key}"
        if not roles.may(self._context, self._role_arn, "s3:GetObject", resource):
            return False
        return self.objects.take(etag, size, target)


def cache_of(context: Context) -> ObjectCache:
    """The cache of the cloud in ``context.home``."""
    return _cache_in(context.home / "objects")


@cache
def _cache_in(folder: Path) -> ObjectCache:
    return ObjectCache(folder)
