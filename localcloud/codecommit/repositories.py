"""Operations on repositories and branches."""

from __future__ import annotations

from typing import Any

from localcloud.codecommit.errors import CodeCommitError, GitError
from localcloud.codecommit.repository import BRANCHES, Repository
from localcloud.codecommit.service import CodeCommit, operation, required


def _metadata(svc: CodeCommit, repository: Repository) -> dict[str, Any]:
    document = repository.metadata
    name = repository.name
    answer = {
        "accountId": svc.account,
        "repositoryName": name,
        "cloneUrlHttp": f"{svc.endpoint_url}/v1/repos/{name}",
        "cloneUrlSsh": f"ssh://git-codecommit.{svc.region}.amazonaws.com/v1/repos/{name}",
        "Arn": svc.arn(name),
    }
    fields = ("repositoryId", "repositoryDescription", "defaultBranch")
    known = {field: document[field] for field in fields if document.get(field)}
    dates = {field: document[field] for field in ("creationDate", "lastModifiedDate")}
    return {**answer, **known, **dates}


@operation("CreateRepository")
def create_repository(svc: CodeCommit, request: dict[str, Any]) -> dict[str, Any]:
    name = svc.name(request)
    description = request.get("repositoryDescription", "")
    repository = svc.repositories.create(name, description, request.get("tags") or {})
    if repository is None:
        message = f"Repository named {name} already exists"
        raise CodeCommitError("RepositoryNameExistsException", message)
    return {"repositoryMetadata": _metadata(svc, repository)}


@operation("GetRepository")
def get_repository(svc: CodeCommit, request: dict[str, Any]) -> dict[str, Any]:
    return {"repositoryMetadata": _metadata(svc, svc.repository(request))}


@operation("BatchGetRepositories")
def batch_get_repositories(svc: CodeCommit, request: dict[str, Any]) -> dict[str, Any]:
    names = required(request, "repositoryNames", "RepositoryNamesRequiredException")
    found = [repository for name in names if (repository := svc.repositories.get(name))]
    known = {repository.name for repository in found}
    return {
        "repositories": [_metadata(svc, repository) for repository in found],
        "repositoriesNotFound": [name for name in names if name not in known],
    }


@operation("ListRepositories")
def list_repositories(svc: CodeCommit, _request: dict[str, Any]) -> dict[str, Any]:
    listed = [
        {"repositoryName": repository.name, "repositoryId": repository.metadata["repositoryId"]}
        for repository in svc.repositories
    ]
    return {"repositories": listed}


@operation("DeleteRepository")
def delete_repository(svc: CodeCommit, request: dict[str, Any]) -> dict[str, Any]:
    repository = svc.repositories.get(svc.name(request))
    if repository is None:
        return {}
    with repository.lock:
        identity = repository.metadata["repositoryId"]
        repository.delete()
    return {"repositoryId": identity}


@operation("UpdateRepositoryDescription")
def update_repository_description(svc: CodeCommit, request: dict[str, Any]) -> None:
    description = request.get("repositoryDescription", "")
    svc.repository(request).update(repositoryDescription=description)


@operation("UpdateDefaultBranch")
def update_default_branch(svc: CodeCommit, request: dict[str, Any]) -> None:
    repository = svc.repository(request)
    branch = required(request, "defaultBranchName", "BranchNameRequiredException")
    _head(repository, branch)
    repository.set_default_branch(branch)


@operation("ListTagsForResource")
def list_tags_for_resource(svc: CodeCommit, request: dict[str, Any]) -> dict[str, Any]:
    return {"tags": _by_arn(svc, request).metadata.get("tags", {})}


@operation("TagResource")
def tag_resource(svc: CodeCommit, request: dict[str, Any]) -> None:
    repository = _by_arn(svc, request)
    repository.update(tags={**repository.metadata.get("tags", {}), **request["tags"]})


@operation("UntagResource")
def untag_resource(svc: CodeCommit, request: dict[str, Any]) -> None:
    repository = _by_arn(svc, request)
    kept = repository.metadata.get("tags", {})
    repository.update(tags={k: v for k, v in kept.items() if k not in request["tagKeys"]})


def _by_arn(svc: CodeCommit, request: dict[str, Any]) -> Repository:
    arn = required(request, "resourceArn", "ResourceArnRequiredException")
    return svc.repository({"repositoryName": str(arn).rpartition(":")[2]})


@operation("ListBranches")
def list_branches(svc: CodeCommit, request: dict[str, Any]) -> dict[str, Any]:
    references = svc.repository(request).references()
    names = [ref.removeprefix(BRANCHES) for ref in references if ref.startswith(BRANCHES)]
    return {"branches": names}


@operation("GetBranch")
def get_branch(svc: CodeCommit, request: dict[str, Any]) -> dict[str, Any]:
    repository = svc.repository(request)
    branch = required(request, "branchName", "BranchNameRequiredException")
    return {"branch": {"branchName": branch, "commitId": _head(repository, branch)}}


@operation("CreateBranch")
def create_branch(svc: CodeCommit, request: dict[str, Any]) -> None:
    repository = svc.repository(request)
    branch = required(request, "branchName", "BranchNameRequiredException")
    commit = required(request, "commitId", "CommitIdRequiredException")
    with svc.watch.changes(repository, svc.caller()):
        if f"{BRANCHES}{branch}" in repository.references():
            raise CodeCommitError("BranchNameExistsException", f"Branch {branch} already exists")
        try:
            repository.git("update-ref", f"{BRANCHES}{branch}", svc.commit(repository, commit), "")
        except GitError as error:
            raise CodeCommitError("InvalidBranchNameException", str(error)) from error


@operation("DeleteBranch")
def delete_branch(svc: CodeCommit, request: dict[str, Any]) -> dict[str, Any]:
    repository = svc.repository(request)
    branch = required(request, "branchName", "BranchNameRequiredException")
    if branch == repository.metadata.get("defaultBranch"):
        message = "The default branch cannot be deleted"
        raise CodeCommitError("DefaultBranchCannotBeDeletedException", message)
    commit = repository.references().get(f"{BRANCHES}{branch}")
    if commit is None:
        return {}
    with svc.watch.changes(repository, svc.caller()):
        repository.git("update-ref", "-d", f"{BRANCHES}{branch}", commit)
    return {"deletedBranch": {"branchName": branch, "commitId": commit}}


def _head(repository: Repository, branch: str) -> str:
    commit = repository.references().get(f"{BRANCHES}{branch}")
    if commit is None:
        raise CodeCommitError("BranchDoesNotExistException", f"Branch {branch} does not exist")
    return commit
