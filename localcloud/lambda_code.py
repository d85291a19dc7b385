"""Functions that share a zip share its unpacked files, and with them Python's compiled modules.

Not a fault of the base but a cost: it unpacks the zip anew for each function's process, so that
each compiles every module again. Slipway's functions have one zip, and a release meets a dozen cold
functions one after another. On AWS all of this is done before the clock starts.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from localcloud.context import Context
from localcloud.repairs import base

_SPAWN_DIGEST = "f124f25ec9a5023c"


def install(context: Context) -> None:
    """Make the base's warm workers run from shared folders below the cloud's own."""
    from ministack.core import lambda_runtime

    base.expect(lambda_runtime.Worker, "_spawn", _SPAWN_DIGEST)
    shared = context.home / "tmp" / "functions"
    shared.mkdir(parents=True, exist_ok=True)

    class SharedZip(zipfile.ZipFile):
        """Unpacks a function's `code.zip` once and links every other process to that."""

        def extractall(self, path: Any = None, *rest: Any) -> None:
            if Path(str(self.filename)).name == "code.zip" and path is not None:
                link(Path(path), unpacked(Path(str(self.filename)), shared))
            else:
                super().extractall(path, *rest)

    lambda_runtime.zipfile = SimpleNamespace(
        ZipFile=SharedZip,
        BadZipFile=zipfile.BadZipFile,
        LargeFileError=zipfile.LargeZipFile,  # the name that the base uses
    )


def unpacked(archive: Path, shared: Path) -> Path:
    """Return the folder below `shared` with the files of `archive`, unpacking it at first use."""
    folder = shared / hashlib.sha256(archive.read_bytes()).hexdigest()[:32]
    if not folder.exists():
        scratch = Path(tempfile.mkdtemp(dir=shared))
        with zipfile.ZipFile(archive) as files:
            files.extractall(scratch)
        try:
            scratch.rename(folder)
        except OSError:  # another thread was first; its files are the same
            if not folder.exists():
                raise
    return folder


def link(place: Path, folder: Path) -> None:
    """Put a link to `folder` where the empty folder `place` is."""
    place.rmdir()
    os.symlink(folder, place)
