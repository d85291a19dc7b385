"""Operations that read commits, folders, files and differences."""

from __future__ import annotations

import base64
import re
from typing import Any

from localcloud.codecommit.errors import CodeCommitError
from localcloud.codecommit.repository import Entry, Repository
from localcloud.codecommit.service import CodeCommit, operation, required

_MODES = {"100644": "NORMAL", "100755": "EXECUTABLE", "120000": "SYMLINK"}
_LARGEST_FILE = 6 * 1024 * 1024
_SIGNATURE = re.compile(r"(?P<name>.*?) ?<(?P<email>[^>]*)> (?P<date>\d+ [+-]\d{4})")


@operation("GetCommit")
def get_commit(svc: CodeCommit, request: dict[str, Any]) -> dict[str, Any]:
    repository = svc.repository(request)
    commit_id = required(request, "commitId", "CommitIdRequiredException")
    commit = _commit(repository, commit_id)
    if commit is None:
        message = f"The commit ID {commit_id} does not exist in {repository.name}"
        raise CodeCommitError("CommitIdDoesNotExistException", message)
    return {"commit": commit}


@operation("BatchGetCommits")
def batch_get_commits(svc: CodeCommit, request: dict[str, Any]) -> dict[str, Any]:
    repository = svc.repository(request)
    ids = required(request, "commitIds", "CommitIdsListRequiredException")
    commits = {commit_id: _commit(repository, commit_id) for commit_id in ids}
    lacking = [
        {
            "commitId": commit_id,
            "errorCode": "CommitIdDoesNotExistException",
            "errorMessage": f"The commit ID {commit_id} does not exist in {repository.name}",
        }
        for commit_id, commit in commits.items()
        if commit is None
    ]
    return {"commits": [commit for commit in commits.values() if commit], "errors": lacking}


def _commit(repository: Repository, commit_id: str) -> dict[str, Any] | None:
    raw = (
        repository.read("commit", commit_id) if re.fullmatch("[0-9a-f]{4,64}", commit_id) else None
    )
    if raw is None:
        return None
    head, _, message = raw.decode(errors="replace").partition("\n\n")
    fields = [line.partition(" ") for line in head.split("\n") if not line.startswith(" ")]
    values = {name: value for name, _, value in fields}
    return {
        "commitId": repository.resolve(commit_id),
        "treeId": values["tree"],
        "parents": [value for name, _, value in fields if name == "parent"],
        "message": message,
        "author": _person(values["author"]),
        "committer": _person(values["committer"]),
        "additionalData": "",
    }


def _person(line: str) -> dict[str, str]:
    match = _SIGNATURE.fullmatch(line)
    return match.groupdict() if match else {"name": line, "email": "", "date": "0 +0000"}


@operation("GetFolder")
def get_folder(svc: CodeCommit, request: dict[str, Any]) -> dict[str, Any]:
    repository = svc.repository(request)
    path = _path(required(request, "folderPath", "PathRequiredException"))
    commit = svc.commit(repository, request.get("commitSpecifier"))
    folder = repository.entry(commit, path)
    if folder is None or folder.kind != "tree":
        message = f"The folder {path} does not exist at {commit}"
        raise CodeCommitError("FolderDoesNotExistException", message)
    lists: dict[str, list[dict[str, str]]] = {
        "subFolders": [],
        "files": [],
        "symbolicLinks": [],
        "subModules": [],
    }
    for entry in repository.entries(folder.object_id):
        kind, item = _item(entry)
        absolute = f"{path}/{entry.path}".lstrip("/")
        lists[kind].append({**item, "absolutePath": absolute, "relativePath": entry.path})
    return {"commitId": commit, "folderPath": path, "treeId": folder.object_id, **lists}


def _item(entry: Entry) -> tuple[str, dict[str, str]]:
    if entry.kind == "tree":
        return "subFolders", {"treeId": entry.object_id}
    if entry.kind == "commit":
        return "subModules", {"commitId": entry.object_id}
    kind = "symbolicLinks" if entry.mode == "120000" else "files"
    return kind, {"blobId": entry.object_id, "fileMode": _MODES[entry.mode]}


@operation("GetFile")
def get_file(svc: CodeCommit, request: dict[str, Any]) -> dict[str, Any]:
    repository = svc.repository(request)
    path = _path(required(request, "filePath", "PathRequiredException"))
    commit = svc.commit(repository, request.get("commitSpecifier"))
    entry = repository.entry(commit, path)
    if entry is None or entry.kind != "blob":
        message = f"The file {path} does not exist at {commit}"
        raise CodeCommitError("FileDoesNotExistException", message)
    content = _blob(repository, entry.object_id)
    return {
        "commitId": commit,
        "blobId": entry.object_id,
        "filePath": path,
        "fileMode": _MODES[entry.mode],
        "fileSize": len(content),
        "fileContent": base64.b64encode(content).decode(),
    }


@operation("GetBlob")
def get_blob(svc: CodeCommit, request: dict[str, Any]) -> dict[str, Any]:
    repository = svc.repository(request)
    blob = required(request, "blobId", "BlobIdRequiredException")
    if not re.fullmatch("[0-9a-f]{4,64}", blob):
        raise CodeCommitError("InvalidBlobIdException", f"{blob} is no blob id")
    return {"content": base64.b64encode(_blob(repository, blob)).decode()}


def _blob(repository: Repository, blob_id: str) -> bytes:
    content = repository.read("blob", blob_id)
    if content is None:
        raise CodeCommitError("BlobIdDoesNotExistException", f"The blob {blob_id} does not exist")
    if len(content) > _LARGEST_FILE:
        message = "The file exceeds the size that CodeCommit returns (6 MB)"
        raise CodeCommitError("FileTooLargeException", message)
    return content


@operation("GetDifferences")
def get_differences(svc: CodeCommit, request: dict[str, Any]) -> dict[str, Any]:
    repository = svc.repository(request)
    specifier = required(request, "afterCommitSpecifier", "CommitRequiredException")
    after = _tree(repository, svc.commit(repository, specifier), request.get("afterPath"))
    before: dict[str, Entry] = {}
    if request.get("beforeCommitSpecifier"):
        commit = svc.commit(repository, request["beforeCommitSpecifier"])
        before = _tree(repository, commit, request.get("beforePath"))
    changed = [
        path
        for path in sorted({*before, *after})
        if _identity(before.get(path)) != _identity(after.get(path))
    ]
    start, limit = int(request.get("NextToken") or 0), request.get("MaxResults") or 1000
    page = changed[start : start + limit]
    answer: dict[str, Any] = {
        "differences": [_difference(before.get(path), after.get(path)) for path in page]
    }
    if start + limit < len(changed):
        answer["NextToken"] = str(start + limit)
    return answer


def _tree(repository: Repository, commit: str, given: str | None) -> dict[str, Entry]:
    path = _path(given or "/")
    root = repository.entry(commit, path)
    if root is None:
        raise CodeCommitError("PathDoesNotExistException", f"{path} does not exist at {commit}")
    if root.kind != "tree":
        return {root.path: root}
    listed = repository.entries(root.object_id, recursive=True)
    prefix = f"{path}/" if path else ""
    return {
        prefix + entry.path: Entry(entry.mode, entry.kind, entry.object_id, prefix + entry.path)
        for entry in listed
    }


def _identity(entry: Entry | None) -> tuple[str, str] | None:
    return (entry.mode, entry.object_id) if entry else None


def _difference(before: Entry | None, after: Entry | None) -> dict[str, Any]:
    difference: dict[str, Any] = {
        "changeType": "A" if before is None else "D" if after is None else "M"
    }
    for name, entry in (("beforeBlob", before), ("afterBlob", after)):
        if entry is not None:
            blob = {"blobId": entry.object_id, "path": entry.path, "mode": entry.mode}
            difference[name] = blob
    return difference


def _path(given: str) -> str:
    path = given.strip("/")
    if any(part in ("..", ".") for part in path.split("/")):
        raise CodeCommitError("InvalidPathException", f"The path {given} is not valid")
    return path
