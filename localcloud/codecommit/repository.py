"""One CodeCommit repository: a bare git repository with a small file of what AWS knows besides.

Everything is read and written by git itself, so that what is pushed is what the API shows.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud.codecommit.errors import GitError

_METADATA = "codecommit.json"
BRANCHES = "refs/heads/"


def git_environment() -> dict[str, str]:
    """Return an environment in which no configuration of the user or machine has a say."""
    kept = {key: os.environ[key] for key in ("PATH", "LANG", "TMPDIR") if key in os.environ}
    return kept | {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
    }


@dataclass(frozen=True)
class Entry:
    """One line of a tree: `mode` as git writes it ("100644"), `kind` blob, tree or commit."""

    mode: str
    kind: str
    object_id: str
    path: str


class Repository:
    """A bare repository in `folder`; `lock` is held while its references change."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lock = threading.RLock()

    @property
    def name(self) -> str:
        """The repository's name, which is its folder's without `.git`."""
        return self.folder.name.removesuffix(".git")

    def create(self, description: str, tags: Mapping[str, str]) -> None:
        """Make an empty repository on disk, with an id of its own."""
        self.folder.mkdir(parents=True)
        self.git("init", "--quiet", "--bare", "--initial-branch=main")
        self.git("config", "http.receivepack", "true")
        now = round(time.time(), 3)
        document = {"repositoryId": str(uuid.uuid4()), "creationDate": now, "tags": dict(tags)}
        self._write({**document, "lastModifiedDate": now, "repositoryDescription": description})

    def delete(self) -> None:
        """Remove the repository with all its objects."""
        shutil.rmtree(self.folder)

    @property
    def metadata(self) -> dict[str, Any]:
        """Id, dates (epoch seconds), description, tags and, once there is one, default branch."""
        loaded: dict[str, Any] = json.loads((self.folder / _METADATA).read_text())
        return loaded

    def update(self, **changed: Any) -> None:
        """Change fields of the metadata."""
        with self.lock:
            self._write({**self.metadata, "lastModifiedDate": round(time.time(), 3), **changed})

    def set_default_branch(self, branch: str) -> None:
        """Make `branch` what a clone checks out."""
        self.git("symbolic-ref", "HEAD", f"{BRANCHES}{branch}")
        self.update(defaultBranch=branch)

    def _write(self, document: dict[str, Any]) -> None:
        draft = self.folder / f"{_METADATA}.new"
        draft.write_text(json.dumps(document, indent=1))
        draft.replace(self.folder / _METADATA)

    def references(self) -> dict[str, str]:
        """Return the commit of each branch and tag by its full name, tags peeled."""
        form = "%(refname) %(objectname) %(*objectname)"
        listed = self.git("for-each-ref", f"--format={form}", "refs/heads", "refs/tags").decode()
        rows = [line.split(" ") for line in listed.splitlines()]
        return {row[0]: row[2] or row[1] for row in rows}

    def resolve(self, specifier: str) -> str | None:
        """Return the commit that a branch, tag, full reference or commit id names, or None."""
        if specifier.startswith("-"):
            return None
        for candidate in (f"{BRANCHES}{specifier}", f"refs/tags/{specifier}", specifier):
            try:
                found = self.git(
                    "rev-parse",
                    "--verify",
                    "--quiet",
                    "--end-of-options",
                    f"{candidate}^{{commit}}",
                )
            except GitError:
                continue
            return found.decode().strip()
        return None

    def entries(self, tree: str, *, recursive: bool = False) -> list[Entry]:
        """Return what is in a tree (or under it), paths relative to it."""
        options = ["-r"] if recursive else []
        listed = self.git("ls-tree", "-z", *options, tree).decode(errors="surrogateescape")
        entries = []
        for line in listed.split("\0")[:-1]:
            described, _, path = line.partition("\t")
            mode, kind, object_id = described.split()
            entries.append(Entry(mode, kind, object_id, path))
        return entries

    def entry(self, commit: str, path: str) -> Entry | None:
        """Return the entry at `path` of a commit; "" is the root."""
        if not path:
            tree = self.git("rev-parse", f"{commit}^{{tree}}").decode().strip()
            return Entry("040000", "tree", tree, "")
        listed = self.git("--literal-pathspecs", "ls-tree", "-z", commit, "--", path).decode()
        if not listed:
            return None
        described, _, found = listed.rstrip("\0").partition("\t")
        mode, kind, object_id = described.split()
        return Entry(mode, kind, object_id, found)

    def read(self, kind: str, object_id: str) -> bytes | None:
        """Return the content of an object, or None when there is no such `kind` of that id."""
        try:
            return self.git("cat-file", kind, object_id)
        except GitError:
            return None

    def git(
        self, *arguments: str, given: bytes = b"", environment: Mapping[str, str] | None = None
    ) -> bytes:
        """Run git in this repository and return its output. Raises GitError when it refuses."""
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            input=given,
            capture_output=True,
            env=git_environment() | dict(environment or {}),
            check=False,
        )
        if done.returncode:
            raise GitError(done.stderr.decode(errors="replace").strip())
        return done.stdout


class Repositories:
    """All repositories of the account, as folders `<name>.git` under `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._open: dict[str, Repository] = {}
        self._lock = threading.Lock()
        root.mkdir(parents=True, exist_ok=True)

    def get(self, name: str) -> Repository | None:
        """Return the repository of that name, or None."""
        if not (self.root / f"{name}.git" / _METADATA).is_file():
            return None
        return self._at(name)

    def create(self, name: str, description: str, tags: Mapping[str, str]) -> Repository | None:
        """Make a repository; None when the name is taken."""
        repository = self._at(name)
        with repository.lock:
            if self.get(name):
                return None
            repository.create(description, tags)
            return repository

    def __iter__(self) -> Iterator[Repository]:
        names = sorted(folder.parent.name for folder in self.root.glob(f"*.git/{_METADATA}"))
        return iter([self._at(name.removesuffix(".git")) for name in names])

    def _at(self, name: str) -> Repository:
        with self._lock:
            return self._open.setdefault(name, Repository(self.root / f"{name}.git"))
