"""Operations that write: CreateCommit and PutFile, through a throw-away index of git."""

from __future__ import annotations

import base64
import binascii
import tempfile
import time
from pathlib import Path
from typing import Any

from localcloud.codecommit.errors import CodeCommitError
from localcloud.codecommit.repository import BRANCHES, Repository
from localcloud.codecommit.service import CodeCommit, operation, required

_MODES = {"NORMAL": "100644", "EXECUTABLE": "100755", "SYMLINK": "120000"}
_NAMES = {mode: name for name, mode in _MODES.items()}


@operation("CreateCommit")
def create_commit(svc: CodeCommit, request: dict[str, Any]) -> dict[str, Any]:
    repository = svc.repository(request)
    branch = required(request, "branchName", "BranchNameRequiredException")
    puts = request.get("putFiles") or []
    deletes = [item["filePath"] for item in request.get("deleteFiles") or []]
    modes = request.get("setFileModes") or []
    if not (puts or deletes or modes):
        message = "The commit changes no file"
        raise CodeCommitError("FileEntryRequiredException", message)
    with svc.watch.changes(repository, svc.caller()):
        parent = _parent(repository, branch, request.get("parentCommitId"))
        draft = _Draft(repository, parent)
        for item in puts:
            draft.put(item["filePath"], item.get("fileMode", "NORMAL"), _content(draft, item))
            source = item.get("sourceFile") or {}
            if source.get("isMove"):
                draft.delete(source["filePath"])
        for path in deletes:
            draft.delete(path)
        for item in modes:
            draft.put(item["filePath"], item["fileMode"], draft.read(item["filePath"]))
        tree, commit = draft.commit(branch, request.get("authorName"), request)
    return {"commitId": commit, "treeId": tree, **draft.changes(commit)}


@operation("PutFile")
def put_file(svc: CodeCommit, request: dict[str, Any]) -> dict[str, Any]:
    file = {key: request[key] for key in ("filePath", "fileContent", "fileMode") if key in request}
    required(request, "fileContent", "FileContentRequiredException")
    given = {**request, "authorName": request.get("name"), "putFiles": [file]}
    try:
        answer = create_commit(svc, given)
    except CodeCommitError as error:
        if error.code != "NoChangeException":
            raise
        raise CodeCommitError("SameFileContentException", error.message) from error
    changed = [*answer["filesAdded"], *answer["filesUpdated"]][0]
    return {key: answer[key] for key in ("commitId", "treeId")} | {"blobId": changed["blobId"]}


def _parent(repository: Repository, branch: str, given: str | None) -> str | None:
    references = repository.references()
    head = references.get(f"{BRANCHES}{branch}")
    if head is None and any(ref.startswith(BRANCHES) for ref in references):
        raise CodeCommitError("BranchDoesNotExistException", f"Branch {branch} does not exist")
    if head is not None and not given:
        message = "A parent commit ID is required: the branch has commits"
        raise CodeCommitError("ParentCommitIdRequiredException", message)
    if given and given != head:
        message = f"{given} is not the tip of {branch}"
        raise CodeCommitError("ParentCommitIdOutdatedException", message)
    return head


def _content(draft: _Draft, item: dict[str, Any]) -> bytes:
    source = item.get("sourceFile")
    if source:
        return draft.read(source["filePath"])
    if item.get("fileContent") is None:
        message = f"Neither content nor a source file is given for {item['filePath']}"
        raise CodeCommitError("SourceFileOrContentRequiredException", message)
    try:
        return base64.b64decode(item["fileContent"])
    except binascii.Error as error:
        raise CodeCommitError("SerializationException", "fileContent is not base64") from error


class _Draft:
    """The files of one new commit, on top of `parent` (None in an empty repository)."""

    def __init__(self, repository: Repository, parent: str | None) -> None:
        self._repository = repository
        self._parent = parent
        self._lines: dict[str, tuple[str, str]] = {}
        if parent:
            listed = repository.entries(parent, recursive=True)
            self._lines = {entry.path: (entry.mode, entry.object_id) for entry in listed}
        self._before = dict(self._lines)

    def read(self, path: str) -> bytes:
        found = self._lines.get(path.strip("/"))
        content = self._repository.read("blob", found[1]) if found else None
        if content is None:
            raise CodeCommitError("FileDoesNotExistException", f"The file {path} does not exist")
        return content

    def put(self, path: str, mode: str, content: bytes) -> None:
        blob = self._repository.git("hash-object", "-w", "--stdin", given=content).decode().strip()
        self._lines[path.strip("/")] = (_MODES[mode], blob)

    def delete(self, path: str) -> None:
        self.read(path)
        del self._lines[path.strip("/")]

    def commit(self, branch: str, author: str | None, request: dict[str, Any]) -> tuple[str, str]:
        if self._lines == self._before:
            raise CodeCommitError("NoChangeException", "The commit would change nothing")
        tree = self._tree()
        person = {"NAME": author or "slipway", "EMAIL": request.get("email") or "slipway@localhost"}
        identity = {
            f"GIT_{role}_{key}": value
            for role in ("AUTHOR", "COMMITTER")
            for key, value in {**person, "DATE": f"{int(time.time())} +0000"}.items()
        }
        parents = ["-p", self._parent] if self._parent else []
        message = request.get("commitMessage") or f"Change {len(self._changed())} file(s)"
        commit = self._repository.git(
            "commit-tree", tree, *parents, given=message.encode(), environment=identity
        )
        commit_id = commit.decode().strip()
        self._repository.git("update-ref", f"{BRANCHES}{branch}", commit_id, self._parent or "")
        return tree, commit_id

    def _tree(self) -> str:
        lines = [f"{mode} {blob}\t{path}\0" for path, (mode, blob) in self._lines.items()]
        with tempfile.TemporaryDirectory() as folder:
            index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            listed = "".join(lines).encode()
            self._repository.git(
                "update-index", "-z", "--add", "--index-info", given=listed, environment=index
            )
            return self._repository.git("write-tree", environment=index).decode().strip()

    def _changed(self) -> list[str]:
        paths = {*self._before, *self._lines}
        return sorted(p for p in paths if self._before.get(p) != self._lines.get(p))

    def changes(self, _commit: str) -> dict[str, Any]:
        """Return the answer's lists of added, updated and deleted files."""
        lists: dict[str, Any] = {"filesAdded": [], "filesUpdated": [], "filesDeleted": []}
        for path in self._changed():
            kind = "Updated" if path in self._before else "Added"
            mode, blob = self._lines.get(path) or self._before[path]
            item = {"absolutePath": path, "blobId": blob, "fileMode": _NAMES.get(mode, "NORMAL")}
            lists[f"files{kind if path in self._lines else 'Deleted'}"].append(item)
        return lists
