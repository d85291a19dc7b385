"""EventBridge events for changed references, in the exact shape that CodeCommit sends.

https://docs.aws.amazon.com/codecommit/latest/userguide/monitoring-events.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from typing import Any

from localcloud.codecommit.repository import BRANCHES, Repository

Publish = Callable[[str, dict[str, Any]], None]
"""`(repository ARN, detail)` → the bus."""

_KINDS = {BRANCHES: "branch", "refs/tags/": "tag"}
DETAIL_TYPE = "CodeCommit Repository State Change"


def publish_locally(account: str, region: str) -> Publish:
    """Return a publisher that puts `aws.codecommit` events on this process's default bus."""

    def publish(arn: str, detail: dict[str, Any]) -> None:
        from ministack.core.responses import request_scope
        from ministack.services import eventbridge

        entry = {
            "Source": "aws.codecommit",
            "DetailType": DETAIL_TYPE,
            "Resources": [arn],
            "Detail": json.dumps(detail),
        }
        with request_scope(account, region):
            eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)

    return publish


def details(
    before: Mapping[str, str], after: Mapping[str, str], name: str, repository_id: str, caller: str
) -> list[dict[str, Any]]:
    """Return the detail of one event for each branch or tag that differs, deletions last."""
    told = []
    for reference in sorted({*before, *after}, key=lambda ref: (ref not in after, ref)):
        old, new = before.get(reference), after.get(reference)
        prefix = next((known for known in _KINDS if reference.startswith(known)), None)
        if old == new or prefix is None:
            continue
        change = "Created" if old is None else "Deleted" if new is None else "Updated"
        commits = {"commitId": new, "oldCommitId": old}
        told.append(
            {
                "event": f"reference{change}",
                "repositoryName": name,
                "repositoryId": repository_id,
                "referenceType": _KINDS[prefix],
                "referenceName": reference.removeprefix(prefix),
                "referenceFullName": reference,
                **{key: value for key, value in commits.items() if value is not None},
                "callerUserArn": caller,
            }
        )
    return told


class Watch:
    """Tells the bus what became of a repository's references while they were changed."""

    def __init__(self, publish: Publish, arn: Callable[[str], str]) -> None:
        self._publish = publish
        self._arn = arn

    @contextmanager
    def changes(self, repository: Repository, caller: str) -> Any:
        """Hold the repository for a change; publish each changed reference when it is done."""
        with repository.lock:
            before = repository.references()
            yield
            after = repository.references()
            document = repository.metadata
            created = [ref for ref in after if ref.startswith(BRANCHES) and ref not in before]
            if created and not document.get("defaultBranch"):
                # AWS: the first branch that is pushed becomes the default one.
                repository.set_default_branch(_first(created).removeprefix(BRANCHES))
        identity = document["repositoryId"]
        for detail in details(before, after, repository.name, identity, caller):
            self._publish(self._arn(repository.name), detail)


def _first(branches: list[str]) -> str:
    preferred = [f"{BRANCHES}main", f"{BRANCHES}master"]
    return next((branch for branch in preferred if branch in branches), sorted(branches)[0])
