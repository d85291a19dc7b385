"""Which packages may share the libraries of the fork server, and which environments are let go."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from types import SimpleNamespace

import boto3
import pytest

from localcloud.repairs import lambda_environments


def test_a_package_without_the_libraries_may_be_forked(tmp_path: Path) -> None:
    assert lambda_environments.other_versions(tmp_path) == ()


def test_a_package_with_the_same_files_may_be_forked(tmp_path: Path) -> None:
    shutil.copytree(Path(boto3.__file__).parent, tmp_path / "boto3")

    assert lambda_environments.other_versions(tmp_path) == ()


def test_a_package_with_other_files_may_not(tmp_path: Path) -> None:
    shutil.copytree(Path(boto3.__file__).parent, tmp_path / "boto3")
    (tmp_path / "boto3" / "session.py").write_text("# another release\n")

    assert lambda_environments.other_versions(tmp_path) == ("boto3",)


def test_only_environments_that_were_quiet_for_long_are_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runtime = lambda_environments.lambda_runtime
    now = time.time()
    quiet = SimpleNamespace(in_use=False, last_used=now - 100)
    busy = SimpleNamespace(in_use=True, last_used=now - 100)
    fresh = SimpleNamespace(in_use=False, last_used=now)
    ended: list[object] = []
    monkeypatch.setattr(runtime, "_workers", {"a": [quiet, busy], "b": [fresh]})
    monkeypatch.setattr(runtime, "kill_workers", ended.extend)

    assert lambda_environments.reap_idle_workers(60) == 1

    assert ended == [quiet]
    assert runtime._workers == {"a": [busy], "b": [fresh]}
