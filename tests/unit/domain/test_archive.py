"""A commit's archive, as GitHub serves it and as nobody should."""

import io
import tarfile

import pytest

from domain import archive
from domain.errors import SourceUnavailableError


def tarball(*members: tuple[str, bytes], kind: bytes = tarfile.REGTYPE) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as file:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.type, info.size, info.linkname = kind, len(content), "/etc/passwd"
            file.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def test_the_top_folder_is_not_part_of_a_path() -> None:
    found = archive.regular_files(tarball(("acme-churn-4be1c09/a/b.py", b"x"), ("top/c", b"")))
    assert found == {"a/b.py": b"x", "c": b""}


@pytest.mark.parametrize("name", ["top/../../etc/passwd", "/top/../x", "top//x", "top/./x", "x"])
def test_a_path_that_leaves_the_repository_is_left_out(name: str) -> None:
    assert archive.regular_files(tarball((name, b"x"))) == {}


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE]
)
def test_only_regular_files_are_taken(kind: bytes) -> None:
    assert archive.regular_files(tarball(("top/x", b""), kind=kind)) == {}


@pytest.mark.parametrize(
    "content",
    [b"", b"no archive", tarball(("top/x", b"x" * 9999))[:-40]],
    ids=["empty", "another file", "cut off"],
)
def test_what_is_no_whole_archive_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(SourceUnavailableError, match="archive"):
        archive.regular_files(content)


def test_an_archive_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "TOTAL_MAX", 1000)
    with pytest.raises(SourceUnavailableError, match="out of git"):
        archive.regular_files(tarball(("top/x", b"\0" * 2000)))
