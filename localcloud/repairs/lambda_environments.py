"""Fault: each Lambda environment starts from nothing, about a second and 50 MB for every function.

AWS shares the runtime between environments. Here Python environments are forked from one process
that has imported the runtime's libraries. Forks are made on Linux only; a package that bundles
another version of a library than the fork server has, and every package when that process is gone,
starts in ministack's own way.
ministack also keeps one environment of each function for ever; here all go after a quiet minute.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from functools import cache
from pathlib import Path
from typing import Any, TextIO

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from localcloud.repairs import base

_PRELOADED = ("boto3", "botocore", "aws_lambda_powertools")
_QUIET_SECONDS = 60.0
_SCRIPT = Path(__file__).with_name("lambda_forkserver.py")


class Forked:
    """A forked environment with what ministack uses of `subprocess.Popen`."""

    def __init__(self, pid: int, streams: tuple[int, int, int], alive: int) -> None:
        self.pid = pid
        self.stdin: TextIO = os.fdopen(streams[0], "w", encoding="utf-8", buffering=1)
        self.stdout: TextIO = os.fdopen(streams[1], encoding="utf-8", buffering=1)
        self.stderr: TextIO = os.fdopen(streams[2], encoding="utf-8", errors="replace", buffering=1)
        self.returncode: int | None = None
        self._alive = alive

    def poll(self) -> int | None:
        """Return None while it runs. Its end of the pipe closes when it ends."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; raises TimeoutExpired."""
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired("lambda", timeout or 0)
        return code

    def terminate(self) -> None:
        """Ask it to end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None:
            poller = select.poll()
            poller.register(self._alive, select.POLLIN)
            if poller.poll(None if timeout is None else timeout * 1000):
                self.returncode = 0
                os.close(self._alive)
        return self.returncode


class ForkServer:
    """The process that forks, started at once so that it is ready when the first event comes."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        self._socket = ours
        self._lock = threading.Lock()
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(_SCRIPT), str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env=environment,
            )

    def fork(self, script: str, folder: str, environment: dict[str, str]) -> Forked:
        """Return a new environment that runs `script` in `folder`. Raises OSError."""
        pipes = [os.pipe() for _ in range(4)]
        theirs = [pipes[0][0], pipes[1][1], pipes[2][1], pipes[3][1]]
        request = {"script": script, "folder": folder, "environment": environment}
        text = json.dumps(request).encode()
        try:
            with self._lock:
                socket.send_fds(self._socket, [struct.pack("!I", len(text))], theirs)
                self._socket.sendall(text)
                answer = self._socket.recv(4)
        finally:
            for descriptor in theirs:
                os.close(descriptor)
        ours = (pipes[0][1], pipes[1][0], pipes[2][0])
        if len(answer) < 4:
            for descriptor in (*ours, pipes[3][0]):
                os.close(descriptor)
            raise ConnectionError("the fork server is gone")
        return Forked(struct.unpack("!I", answer)[0], ours, pipes[3][0])

    def stop(self) -> None:
        """End it, and with it all that it forked."""
        self._socket.close()
        self._process.terminate()
        self._process.wait(5)


class _Subprocess:
    """`subprocess` for ministack's lambda_runtime: Python workers are forked."""

    def __init__(self, server: ForkServer) -> None:
        self._server = server

    def __getattr__(self, name: str) -> Any:
        return getattr(subprocess, name)

    def Popen(self, command: list[str], **options: Any) -> Any:  # noqa: N802
        """Fork a Python worker; start anything else as usual."""
        python = command[0] == sys.executable and command[-1].endswith("_worker.py")
        if python and not other_versions(Path(options["cwd"]).resolve()):
            with contextlib.suppress(OSError):
                return self._server.fork(command[-1], options["cwd"], options["env"])
        return subprocess.Popen(command, **options)


@cache
def other_versions(package: Path) -> tuple[str, ...]:
    """Return the libraries that a package bundles with other files than this process has."""
    folders = {
        name: Path(spec.origin).parent
        for name in _PRELOADED
        if (spec := importlib.util.find_spec(name)) is not None and spec.origin
    }
    return tuple(
        name
        for name, folder in folders.items()
        if (package / name).is_dir() and _sources(package / name) != _sources(folder)
    )


def _sources(folder: Path) -> dict[str, int]:
    return {
        path.relative_to(folder).as_posix(): path.stat().st_size for path in folder.rglob("*.py")
    }


def reap_idle_workers(ttl: float | None = None) -> int:
    """End environments that were not used for `ttl` seconds; return how many."""
    latest = time.time() - (_QUIET_SECONDS if ttl is None else ttl)
    with lambda_runtime._lock:
        idle = [
            (key, worker)
            for key, workers in lambda_runtime._workers.items()
            for worker in workers
            if not worker.in_use and worker.last_used < latest
        ]
        for key, worker in idle:
            lambda_runtime._workers[key].remove(worker)
    lambda_runtime.kill_workers([worker for _key, worker in idle])
    return len(idle)


_server: list[ForkServer] = []


def install(_context: object) -> None:
    """Give ministack's lambda_runtime another `subprocess`, and its reaper another rule."""
    base.expect(lambda_runtime.Worker, "_spawn", "f124f25ec9a5023c")
    base.expect(lambda_runtime, "kill_workers", "e807ec7766e64870")
    base.replace(lambda_runtime, "reap_idle_workers", "ebdbf2d536264208", reap_idle_workers)
    lambda_svc.reap_idle_workers = reap_idle_workers
    base.expect(lambda_runtime, "_detect_runtime_binary", "8fbcee11b35e1c9a")
    if sys.platform == "linux":
        _server.append(ForkServer())
        lambda_runtime.subprocess = _Subprocess(_server[0])


def shutdown() -> None:
    """Stop the fork server."""
    while _server:
        _server.pop().stop()
