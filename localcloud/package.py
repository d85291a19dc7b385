"""What `sam package` does, without SAM: build the zip, upload the files, point the template there.

Only the local paths in the template are replaced, as text: every other byte of it is what is
deployed on AWS.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml

_PATH_PROPERTIES = ("CodeUri", "DefinitionUri", "ContentUri")
_SKIPPED_FOLDERS = {"__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache"}
_EPOCH = (1980, 1, 1, 0, 0, 0)
_COMPILED = (".so", ".pyd", ".dylib")
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)")


class PackageError(Exception):
    """The template or the functions cannot be packaged; one line that says which and why."""


@dataclass(frozen=True)
class LocalPath:
    """A path in the template's text: `text[start:end]` names the file or folder `path`."""

    start: int
    end: int
    path: Path


def package(template: Path, s3: Any, bucket: str) -> str:
    """Upload what `template` names by local path to `bucket`; return the template's new text.

    Raises PackageError for a path that does not exist or a dependency that is not installed.
    """
    text = template.read_text()
    uploaded: dict[Path, str] = {}
    for found in sorted(local_paths(text, template.parent), key=lambda p: p.start, reverse=True):
        if found.path not in uploaded:
            uploaded[found.path] = _upload(found.path, s3, bucket)
        text = text[: found.start] + uploaded[found.path] + text[found.end :]
    return text


def local_paths(text: str, folder: Path) -> list[LocalPath]:
    """Return the local paths in a SAM template's `CodeUri`, `DefinitionUri` and `ContentUri`."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    places = [("Globals", "*"), ("Resources", "*", "Properties")]
    nodes = [node for place in places for node in _descend(root, place)]
    found = []
    for node in nodes:
        for key, value in _pairs(node):
            if key in _PATH_PROPERTIES and isinstance(value, yaml.ScalarNode):
                if value.value.startswith(("s3://", "https://")):
                    continue
                path = (folder / value.value).resolve()
                if not path.exists():
                    line = value.start_mark.line + 1
                    raise PackageError(f"template line {line}: {key} {value.value} does not exist")
                found.append(LocalPath(value.start_mark.index, value.end_mark.index, path))
    return found


def _descend(node: Any, place: tuple[str, ...]) -> Iterator[Any]:
    if not place:
        yield node
        return
    for key, value in _pairs(node):
        if place[0] in ("*", key):
            yield from _descend(value, place[1:])


def _pairs(node: Any) -> list[tuple[str, Any]]:
    if not isinstance(node, yaml.MappingNode):
        return []
    return [(key.value, value) for key, value in node.value]


def _upload(path: Path, s3: Any, bucket: str) -> str:
    """Store a folder as the zip that Lambda runs, a file as it is; keyed by content."""
    body = zip_functions(path) if path.is_dir() else path.read_bytes()
    key = f"{hashlib.sha256(body).hexdigest()[:32]}{'' if path.is_dir() else path.suffix}"
    s3.put_object(Bucket=bucket, Key=key, Body=body)
    return f"s3://{bucket}/{key}"


def zip_functions(folder: Path) -> bytes:
    """Zip `folder` with the packages its `requirements.txt` pins; always the same bytes.

    The packages are taken from this interpreter's environment, so that nothing is downloaded; they
    must be there in exactly the pinned versions, and pure Python, since Lambda has another CPU.
    """
    files = {file.relative_to(folder).as_posix(): file for file in _files(folder)}
    for name, version in pinned(folder / "requirements.txt"):
        for inside, file in _distribution_files(name, version):
            files.setdefault(inside, file)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for inside in sorted(files):
            entry = zipfile.ZipInfo(inside, _EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[inside].read_bytes(), compresslevel=1)
    return buffer.getvalue()


def pinned(requirements: Path) -> list[tuple[str, str]]:
    """Return name and version of each requirement of a compiled requirements file."""
    if not requirements.exists():
        return []
    matches = (_PINNED.match(line) for line in requirements.read_text().splitlines())
    return [(match[1], match[2]) for match in matches if match]


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        inside = path.relative_to(folder).parts
        if path.is_file() and path.suffix != ".pyc" and not _SKIPPED_FOLDERS.intersection(inside):
            yield path


def _distribution_files(name: str, version: str) -> Iterator[tuple[str, Path]]:
    try:
        distribution = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        raise PackageError(f"{name} is not installed here: run make setup") from None
    if distribution.version != version:
        raise PackageError(
            f"{name} {distribution.version} is installed, but the functions pin {version}:"
            " run make setup"
        )
    for file in distribution.files or []:
        inside = Path(str(file))
        if ".." in inside.parts or _SKIPPED_FOLDERS.intersection(inside.parts):
            continue
        if inside.suffix in _COMPILED:
            raise PackageError(f"{name} is not pure Python ({inside.name}): it cannot go to Lambda")
        if inside.suffix != ".pyc" and not inside.parts[0].endswith(".dist-info"):
            yield inside.as_posix(), Path(str(distribution.locate_file(file)))
