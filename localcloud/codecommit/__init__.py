"""CodeCommit over bare git repositories: its API, git's smart HTTP, and the events of a push."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.codecommit.api import json_handler
from localcloud.codecommit.events import Watch, publish_locally
from localcloud.codecommit.http import PREFIX, GitOverHttp
from localcloud.codecommit.repository import Repositories
from localcloud.codecommit.service import CodeCommit

if TYPE_CHECKING:
    from localcloud.context import Context


def install(context: Context) -> CodeCommit:
    """Register CodeCommit and its git address on ministack's port; return the service."""
    from localcloud.services import register_service

    def caller() -> str:
        from ministack.core import iam_evaluator

        return str(iam_evaluator.caller_arn())

    def arn(name: str) -> str:
        return f"arn:aws:codecommit:{context.region}:{context.account}:{name}"

    folders = Repositories(context.home / "git")
    watch = Watch(publish_locally(context.account, context.region), arn)
    service = CodeCommit(
        folders, watch, context.account, context.region, context.endpoint_url, caller
    )
    register_service(
        "codecommit", handler=json_handler(service), target_prefix="CodeCommit_20150413"
    )
    git = GitOverHttp(folders, watch, f"arn:aws:iam::{context.account}:root")
    register_service("codecommit-git", handler=git.handle_request, path_prefixes=(PREFIX,))
    return service
