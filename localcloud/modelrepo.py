"""The model repository a person pushes from: a git work tree with a copy of `pipeline_def/`."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

BRANCH = "main"
_README = """# Models

What Slipway delivers: `pipeline_def/` holds the pipelines, their settings and their step scripts.
A push to `{branch}` starts a training run.
"""
_FALLBACK_IDENTITY = {"name": "Slipway Demo", "email": "demo@example.com"}


class PushError(Exception):
    """git refused; its own last words."""


@dataclass(frozen=True)
class ModelRepository:
    """A work tree at `folder` whose remote `origin` is a repository of the local cloud."""

    folder: Path
    remote: str
    branch: str = BRANCH

    def push(self, source: Path, message: str) -> str:
        """Copy `source` (a `pipeline_def` folder), commit, push; return the commit's id.

        A commit is made even when nothing changed: asking for a push is asking for a run.
        Raises PushError with git's own words.
        """
        self._prepare()
        _mirror(source, self.folder / source.name)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        self.git("push", "--quiet", "origin", f"HEAD:refs/heads/{self.branch}")
        return self.git("rev-parse", "HEAD")

    def git(self, *arguments: str) -> str:
        """Run git in the work tree and return what it prints."""
        done = subprocess.run(
            ["git", *self._settings(), *arguments],
            cwd=self.folder,
            env=_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            words = (done.stderr or done.stdout).strip().splitlines() or ["no output"]
            raise PushError(f"git {arguments[0]}: {words[-1]}")
        return done.stdout.strip()

    def _prepare(self) -> None:
        if not (self.folder / ".git").exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            self.git("init", "--quiet", f"--initial-branch={self.branch}")
            self.git("remote", "add", "origin", self.remote)
            readme = self.folder / "README.md"
            readme.write_text(_README.format(branch=self.branch))
        self.git("remote", "set-url", "origin", self.remote)

    def _settings(self) -> list[str]:
        """Nothing of the user's may ask, sign or rewrite here; only who they are is theirs."""
        pairs = ["commit.gpgsign=false", "core.hooksPath=/dev/null", "gc.auto=0", "http.proxy="]
        pairs += [f"user.{key}={value}" for key, value in _identity().items()]
        return [part for pair in pairs for part in ("-c", pair)]


def _identity() -> dict[str, str]:
    found = {}
    for key in _FALLBACK_IDENTITY:
        asked = subprocess.run(
            ["git", "config", "--global", f"user.{key}"],
            capture_output=True,
            text=True,
            check=False,
        )
        found[key] = asked.stdout.strip()
    return found if all(found.values()) else _FALLBACK_IDENTITY


def _environment() -> dict[str, str]:
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    return {**inherited, "GIT_TERMINAL_PROMPT": "0", "NO_PROXY": "127.0.0.1,localhost"}


def _mirror(source: Path, target: Path) -> None:
    if target.exists():
        shutil.rmtree(target)
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
