"""A repository on the local GitHub, and the webhook that GitHub sends when it is pushed to."""

from __future__ import annotations

import hashlib
import hmac
import json
import subprocess
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud.cloud import RunningCloud
from localcloud.codecommit.repository import git_environment
from localcloud.github.api import PREFIX

NO_COMMIT = "0" * 40


@dataclass(frozen=True)
class Hosted:
    """`full_name` is "owner/name"; push to `remote`, then call `deliver` as GitHub would."""

    cloud: RunningCloud
    full_name: str

    @property
    def remote(self) -> str:
        """Where to push to."""
        return str(self.cloud.home / "github" / f"{self.full_name}.git")

    def deliver(self, webhook: str, secret: str, payload: Any, **changed: str) -> tuple[int, Any]:
        """POST a signed push webhook; return status and JSON. `changed` replaces headers."""
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        signed = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {
            "content-type": "application/json",
            "user-agent": "GitHub-Hookshot/local",
            "x-github-delivery": str(uuid.uuid4()),
            "x-github-event": "push",
            "x-hub-signature-256": f"sha256={signed}",
            **{name.replace("_", "-"): value for name, value in changed.items()},
        }
        return post(webhook, body, headers)


def api_url(cloud: RunningCloud) -> str:
    """What the stack's parameter GitHubApiUrl is set to."""
    return f"{cloud.endpoint_url}{PREFIX}"


def host(cloud: RunningCloud, full_name: str) -> Hosted:
    """Make an empty repository on the local GitHub."""
    hosted = Hosted(cloud, full_name)
    command = ["git", "init", "--quiet", "--bare", "--initial-branch=main", hosted.remote]
    Path(hosted.remote).parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(command, check=True, env=git_environment())
    return hosted


def push_payload(full_name: str, ref: str, before: str, after: str, message: str) -> dict[str, Any]:
    """The fields of GitHub's push payload that say what happened."""
    owner, name = full_name.split("/")
    person = {"name": owner, "email": f"{owner}@example.com"}
    commit = {"id": after, "message": message, "author": person, "committer": person}
    deleted = after == NO_COMMIT
    return {
        "ref": ref,
        "before": before,
        "after": after,
        "repository": {"name": name, "full_name": full_name, "owner": {"login": owner}},
        "pusher": person,
        "created": before == NO_COMMIT,
        "deleted": deleted,
        "forced": False,
        "commits": [] if deleted else [commit],
        "head_commit": None if deleted else commit,
    }


def post(address: str, body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
    """POST `body`; return status and the answer's JSON, whatever the status."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(address, body, headers, method="POST")
    try:
        with opener.open(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        text = error.read().decode(errors="replace")
        return error.code, json.loads(text) if text.startswith("{") else text
