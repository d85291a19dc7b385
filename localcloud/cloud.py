"""Starting, finding and stopping local clouds: what the command line, the demo and tests use."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from localcloud.context import Context
from localcloud.server import ACCOUNT, STATE_FILE, CloudError

REPOSITORY = Path(__file__).resolve().parents[1]
_START_SECONDS = 60
_STOP_SECONDS = 15

__all__ = ["CloudError", "RunningCloud", "attach", "start"]


@dataclass
class RunningCloud:
    """A local cloud that answers. Use as a context manager to stop it at the end."""

    context: Context
    pid: int
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def home(self) -> Path:
        """The folder of all its files; logs are in `logs/`."""
        return self.context.home

    @property
    def endpoint_url(self) -> str:
        """The AWS port, as boto3 and the AWS CLI want it."""
        return self.context.endpoint_url

    @property
    def api_url(self) -> str:
        """The root of the deployed stack's HTTP API."""
        return self.context.api_url

    @property
    def inbox_url(self) -> str:
        """The page of the mails that were sent."""
        return f"{self.endpoint_url}/_slipway/inbox"

    @property
    def env(self) -> Mapping[str, str]:
        """Environment variables with which any AWS tool calls this cloud as root."""
        return self.context.environment()

    def client(self, service: str) -> Any:
        """Return a shared boto3 client of this cloud."""
        return self.context.client(service)

    def git_remote(self, repository: str) -> str:
        """Return the address to push `repository` to."""
        return f"{self.endpoint_url}/v1/repos/{repository}"

    def log_tail(self, lines: int = 20) -> str:
        """Return the end of the cloud's own log."""
        return _tail(self.home, lines)

    def stop(self) -> None:
        """Stop it and everything it started; returns when it is gone. Safe to call twice."""
        if self.process is not None and self.process.stdin is not None:
            with contextlib.suppress(OSError):
                self.process.stdin.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        while self._alive() and time.monotonic() < deadline:
            time.sleep(0.02)
        if self._alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def _alive(self) -> bool:
        if self.process is not None:
            return self.process.poll() is None
        return _is_running(self.pid)

    def __enter__(self) -> RunningCloud:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start(
    home: Path,
    *,
    port: int = 0,
    api_port: int = 0,
    region: str | None = None,
    leash: bool = True,
    environment: Mapping[str, str] | None = None,
) -> RunningCloud:
    """Start a local cloud in `home` and return it when it answers.

    With `leash` it ends when this process does, however that ends; without, it runs on until
    `stop()`. `environment` adds variables for the cloud's process. Raises CloudError with one line
    that says why it did not start, such as a taken port.
    """
    home = home.resolve()
    (home / "logs").mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "localcloud.server", "--home", str(home)]
    command += ["--port", str(port), "--api-port", str(api_port)]
    command += ["--region", region or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"]
    command += ["--image-python", str(image_python())] + (["--leash"] if leash else [])
    with (home / "logs" / "cloud.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), **(environment or {})},
            stdin=subprocess.PIPE if leash else subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return _when_it_answers(home, process)


def image_python() -> Path:
    """Return the interpreter that stands in for the XGBoost image."""
    default = REPOSITORY / ".slipway" / "venv" / "image" / "bin" / "python"
    return Path(os.environ.get("SLIPWAY_IMAGE_PYTHON", default))


def attach(home: Path) -> RunningCloud | None:
    """Return the cloud that runs in `home`, or None."""
    try:
        state = json.loads((home / STATE_FILE).read_text())
    except (OSError, ValueError):
        return None
    cloud = _from_state(home.resolve(), state)
    return cloud if _is_running(cloud.pid) and _answers(cloud.endpoint_url) else None


def _when_it_answers(home: Path, process: subprocess.Popen[bytes]) -> RunningCloud:
    deadline = time.monotonic() + _START_SECONDS
    try:
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise CloudError(_reason(home))
            state = _state_of(home, process.pid)
            if state is not None:
                cloud = _from_state(home, state)
                if _answers(cloud.endpoint_url):
                    cloud.process = process
                    return cloud
            time.sleep(0.02)
        raise CloudError(f"the local cloud did not answer in {_START_SECONDS} s, see {home}/logs")
    except BaseException:
        process.kill()
        process.wait()
        raise


def _state_of(home: Path, pid: int) -> dict[str, Any] | None:
    try:
        state = json.loads((home / STATE_FILE).read_text())
    except (OSError, ValueError):
        return None
    return state if state.get("pid") == pid else None


def _from_state(home: Path, state: Mapping[str, Any]) -> RunningCloud:
    context = Context(
        home=home,
        region=state["region"],
        account=ACCOUNT,
        endpoint_url=f"http://127.0.0.1:{state['port']}",
        image_python=Path(state["image_python"]),
        port=state["port"],
        api_port=state["api_port"],
    )
    return RunningCloud(context, state["pid"])


def _answers(endpoint_url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{endpoint_url}/_ministack/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _reason(home: Path) -> str:
    """The one line in which the process said why it ended, else the end of its log."""
    lines = _tail(home, 40).splitlines()
    said = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    return said[-1] if said else "the local cloud ended: " + (lines[-1] if lines else "no output")


def _tail(home: Path, lines: int) -> str:
    try:
        text = (home / "logs" / "cloud.log").read_text(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
