"""SAM's and AWS's own command lines against a local cloud, as a user would run them."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from localcloud.cloud import REPOSITORY, RunningCloud

_BIN = REPOSITORY / ".slipway" / "venv" / "sam" / "bin"


def shell(cloud: RunningCloud, command: str, **variables: str) -> str:
    """Run a command of the pages with the AWS CLI that SAM's environment has; what it printed.

    Skips the test where that is not installed.
    """
    path = f"{_BIN}{os.pathsep}{os.environ['PATH']}"
    if shutil.which("aws", path=path) is None:
        pytest.skip("the AWS CLI is not installed: make setup")
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        env={**os.environ, **cloud.env, **variables, "PATH": path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def sam(cloud: RunningCloud, folder: Path, *arguments: str) -> str:
    """Run `sam` in `folder` with the exports of `.slipway/env`; return what it printed.

    Skips the test where SAM is not installed (`make test` installs it); fails with SAM's own words.
    """
    program = shutil.which("sam", path=f"{_BIN}{os.pathsep}{os.environ['PATH']}")
    if program is None:
        pytest.skip("SAM CLI is not installed: make setup")
    done = subprocess.run(
        [program, *arguments],
        cwd=folder,
        env={
            **os.environ,
            **cloud.env,
            "PATH": f"{_BIN}{os.pathsep}{os.environ['PATH']}",
            "SAM_CLI_TELEMETRY": "0",
            "SAM_CLI_POLL_DELAY": "0.2",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout
