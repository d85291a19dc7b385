"""GitHub, as far as Slipway reads it, over bare git repositories: archives, commits, webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.github.api import PREFIX, GitHubApi

if TYPE_CHECKING:
    from localcloud.context import Context


def install(context: Context) -> None:
    """Answer GitHub's REST API under `/_github` on the AWS port."""
    from localcloud.services import register_service

    api = GitHubApi(context.home / "github")
    register_service("github", handler=api.handle_request, path_prefixes=(f"{PREFIX}/",))
