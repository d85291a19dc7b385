"""The commands of `make up`: each says what is, in words, and leaves nothing behind."""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.cloud import REPOSITORY, attach
from tests.support.clouds import is_alive, status_of
from tests.support.waiting import wait_until

UNSHOWN = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION", "SLIPWAY_URL"}


class Commands:
    """Runs the command line with a state folder of its own."""

    def __init__(self, state: Path) -> None:
        self.state = state

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "localcloud.cli", *arguments],
            cwd=REPOSITORY,
            env={**os.environ, "SLIPWAY_STATE": str(self.state)},
            capture_output=True,
            text=True,
            timeout=180,
        )


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Commands]:
    commands = Commands(tmp_path)
    yield commands
    commands("down", "--quiet")


def exports(file: Path) -> dict[str, str]:
    words = [shlex.split(line) for line in file.read_text().splitlines() if line[:1] != "#"]
    return dict(word[1].split("=", 1) for word in words)


def test_up_leaves_a_cloud_that_a_person_can_use_and_down_stops_it(
    run: Commands, tmp_path: Path
) -> None:
    first = run("up")
    assert first.returncode == 0, first.stderr
    known = exports(tmp_path / "env")
    assert sorted(known) == [
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_ENDPOINT_URL",
        "AWS_SECRET_ACCESS_KEY",
        "SLIPWAY_GIT_REMOTE",
        "SLIPWAY_INBOX_URL",
        "SLIPWAY_RELEASES_URL",
        "SLIPWAY_URL",
    ]
    for name in (
        "SLIPWAY_RELEASES_URL",
        "SLIPWAY_INBOX_URL",
        "SLIPWAY_GIT_REMOTE",
        "AWS_ENDPOINT_URL",
    ):
        assert known[name] in first.stdout

    for name in ("SLIPWAY_RELEASES_URL", "SLIPWAY_INBOX_URL"):
        assert status_of(known[name]) == 200

    listed = subprocess.run(
        [sys.executable, "-c", "import boto3; print(boto3.client('sagemaker').list_pipelines())"],
        env={**os.environ, **known},
        capture_output=True,
        text=True,
    )
    assert "PipelineSummaries" in listed.stdout, listed.stderr

    again = run("up")
    assert again.returncode == 0
    assert again.stdout.startswith("Slipway's local cloud is already running.")

    before = run("predict")
    assert before.returncode == 1
    assert before.stderr.startswith("slipway: production runs no model yet")

    pushed = run("push")
    assert pushed.returncode == 0, pushed.stderr
    assert known["SLIPWAY_GIT_REMOTE"] in pushed.stdout

    running = attach(tmp_path / "cloud" / "up")
    assert running is not None
    assert run("down").stdout == "Stopped.\n"
    wait_until(lambda: not is_alive(running.pid))
    assert not (tmp_path / "env").exists()


@pytest.mark.parametrize("command", ["push", "predict", "status"])
def test_without_a_cloud_a_command_says_how_to_start_one(run: Commands, command: str) -> None:
    done = run(command)
    assert (done.returncode, done.stderr) == (1, "slipway: no local cloud is running: make up\n")


def test_a_taken_port_ends_up_with_one_line_and_no_process(run: Commands, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("up", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "cannot be used" in done.stderr
    assert attach(tmp_path / "cloud" / "up") is None


def test_a_data_file_that_is_not_there_starts_nothing(run: Commands, tmp_path: Path) -> None:
    done = run("up", "--data", str(tmp_path / "none.csv"))
    assert (done.returncode, done.stderr) == (
        1,
        f"slipway: DATA={tmp_path / 'none.csv'} is not a file\n",
    )
    assert not (tmp_path / "cloud").exists()
