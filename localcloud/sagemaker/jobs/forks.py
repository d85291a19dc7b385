"""Where a job's process comes from when its interpreter is already warm: a fork of forkserver.py.

One fork server per interpreter, from the start of the cloud to its end. Without one (not Linux, not
started, gone) a container starts its command afresh, through enter.py.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from localcloud.sagemaker.service import Service

PROGRAM = Path(__file__).with_name("forkserver.py")
_servers: dict[Path, ForkServer] = {}
_lock = threading.Lock()


class Forked:
    """A forked command with what a container uses of `subprocess.Popen`."""

    def __init__(self, pid: int, output: int, status: int) -> None:
        self.pid = pid
        self.stdout: BinaryIO = os.fdopen(output, "rb", buffering=0)
        self.returncode: int | None = None
        self._status: BinaryIO = os.fdopen(status, "rb", buffering=0)
        self._lock = threading.Lock()

    def poll(self) -> int | None:
        """The exit code, negative for a signal as Popen's is, or None while it runs."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end. Raises TimeoutExpired."""
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired("job", timeout or 0)
        return code

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None:
            poller = select.poll()
            poller.register(self._status, select.POLLIN)
            if poller.poll(None if timeout is None else timeout * 1000):
                with self._lock:
                    if self.returncode is None:
                        told = self._status.read(4)
                        # A fork server that ends takes its children along.
                        lost = -signal.SIGKILL
                        self.returncode = struct.unpack("!i", told)[0] if len(told) == 4 else lost
        return self.returncode


class ForkServer:
    """The process that forks; it imports while the cloud starts."""

    def __init__(self, python: Path) -> None:
        ours, theirs = socket.socketpair()
        self._socket = ours
        self._lock = threading.Lock()
        with theirs:
            self.process = subprocess.Popen(
                [str(python), str(PROGRAM), str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                env={
                    "PATH": f"{python.parent}:/usr/local/bin:/usr/bin:/bin",
                    "LANG": "C.UTF-8",
                    "LC_ALL": "C.UTF-8",
                    # Threads that a job's own threads get; a job's main thread gets its setting.
                    "OMP_NUM_THREADS": "1",
                    "OMP_WAIT_POLICY": "passive",
                },
            )

    def start(
        self,
        mode: str,
        ml: Path,
        working_dir: str,
        command: Sequence[str],
        environment: Mapping[str, str],
    ) -> Forked:
        """Return a new process that is `command`, as `enter.py` would start it. Raises OSError."""
        output, status = os.pipe(), os.pipe()
        request = {
            "mode": mode,
            "ml": str(ml),
            "working_dir": working_dir,
            "command": list(command),
            "environment": dict(environment),
        }
        text = json.dumps(request).encode()
        answer = b""
        try:
            with self._lock:
                head = struct.pack("!I", len(text))
                socket.send_fds(self._socket, [head], [output[1], status[1]])
                self._socket.sendall(text)
                answer = self._socket.recv(4)
            if len(answer) < 4:
                raise ConnectionError("the jobs' fork server is gone")
        finally:
            ours = () if len(answer) == 4 else (output[0], status[0])
            for descriptor in (output[1], status[1], *ours):
                os.close(descriptor)
        return Forked(struct.unpack("!I", answer)[0], output[0], status[0])

    def stop(self) -> None:
        """End it, and with it all that it forked."""
        self._socket.close()
        self.process.terminate()
        self.process.wait(5)


def start(svc: Service) -> None:
    """Let the image's interpreter import while the cloud starts."""
    prepare(svc.context.image_python)


def prepare(python: Path) -> None:
    """Have a fork server for `python`, where forks are made (Linux) and it exists."""
    with _lock:
        if sys.platform == "linux" and python not in _servers and python.exists():
            _servers[python] = ForkServer(python)


def find(python: Path) -> ForkServer | None:
    """The fork server of `python`, if there is one."""
    return _servers.get(python)


def stop() -> None:
    """End all fork servers."""
    with _lock:
        while _servers:
            _servers.popitem()[1].stop()
