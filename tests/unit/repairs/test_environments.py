"""Which packages may share the libraries of the fork server, and which environments are let go."""

from __future__ import annotations

import time
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import pytest

from localcloud.repairs import lambda_environments


def _bundle(folder: Path, name: str, release: str) -> None:
    (folder / name).mkdir()
    (folder / f"{name}-{release}.dist-info").mkdir()


def test_a_package_without_the_libraries_may_be_forked(tmp_path: Path) -> None:
    assert lambda_environments.other_versions(tmp_path) == []


def test_a_package_with_the_same_versions_may_be_forked(tmp_path: Path) -> None:
    _bundle(tmp_path, "boto3", version("boto3"))

    assert lambda_environments.other_versions(tmp_path) == []


def test_a_package_with_its_own_version_may_not(tmp_path: Path) -> None:
    _bundle(tmp_path, "boto3", "0.0.1")
    (tmp_path / "botocore").mkdir()

    assert lambda_environments.other_versions(tmp_path) == ["boto3", "botocore"]


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
