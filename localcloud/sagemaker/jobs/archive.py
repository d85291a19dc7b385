"""Archives whose bytes depend on their content only: the same model is the same object in S3."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from pathlib import Path, PurePosixPath
from typing import Any


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


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a .tar.gz of files and folders. Raises TarError for what would leave ``folder``."""
    with tarfile.open(archive) as packed:
        for member in packed.getmembers():
            path = PurePosixPath(member.name)
            if path.is_absolute() or ".." in path.parts or not (member.isfile() or member.isdir()):
                raise tarfile.TarError(f"{member.name} is neither a file nor a folder inside it")
        # Early 3.11 has no filters; what they would refuse was refused above.
        safely: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        packed.extractall(folder, **safely)


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o755 if entry.mode & 0o100 else 0o644
    return entry
