"""A commit as the gzipped tar that git hosts serve: `<one top folder>/<path>` of each file."""

import io
import tarfile
import zlib

from domain.errors import SourceUnavailableError

ARCHIVE_MAX = 64 << 20
FILE_MAX = 6 << 20
TOTAL_MAX = 256 << 20
FILES_MAX = 20_000


def regular_files(content: bytes) -> dict[str, bytes]:
    """The regular files by their path in the repository.

    Links, devices and paths that leave the repository are left out; a file over 6 MB is too, which
    is CodeCommit's own limit. Raises `SourceUnavailableError` for what is no archive or too much.
    """
    found: dict[str, bytes] = {}
    total = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
            for count, member in enumerate(archive):
                total += member.size
                if total > TOTAL_MAX or count > FILES_MAX:
                    raise SourceUnavailableError(
                        f"the commit has more than {TOTAL_MAX >> 20} MB or {FILES_MAX} files: keep "
                        "data and models out of git"
                    )
                path = _inside(member.name)
                if path and member.isreg() and member.size <= FILE_MAX:
                    file = archive.extractfile(member)
                    found[path] = file.read() if file else b""
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise SourceUnavailableError(f"the commit's archive cannot be read: {error}") from error
    return found


def _inside(name: str) -> str:
    """The path below the top folder, or "" for one that is not a plain path below it."""
    parts = name.split("/")[1:]
    return "" if not parts or any(part in {"", ".", ".."} for part in parts) else "/".join(parts)
