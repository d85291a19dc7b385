"""Archives whose bytes depend on their content only: the same model is the same object in S3."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from pathlib import Path


def pack(folder: Path) -> bytes | None:
    """The files under ``folder`` as a .tar.gz, without times and owners; None when there are
    none.
    """
    files = sorted(Path(where, name) for where, _, names in os.walk(folder) for name in names)
    if not files:
        return None
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(filename="", fileobj=buffer, mode="wb", compresslevel=6, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for file in files:
            tar.add(file, file.relative_to(folder).as_posix(), recursive=False, filter=_plain)
    return buffer.getvalue()


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o755 if entry.mode & 0o100 else 0o644
    return entry
