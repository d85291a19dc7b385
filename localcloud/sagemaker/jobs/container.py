"""A job's container without Docker: one command that sees a private ``/opt/ml``.

Two ways, chosen once per process by trying: a user and mount namespace in which the job's folder
*is* ``/opt/ml``, or, where the host forbids that (or ``SLIPWAY_NAMESPACES=0`` asks for it), the
rewriting of ``/opt/ml`` in arguments, environment, config files and inside the job's Python code
(``redirect/opt_ml.py`` says what that cannot reach). The network is the machine's own.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from localcloud.sagemaker.jobs import forks

HERE = Path(__file__).parent
ENTER = HERE / "enter.py"
REDIRECT = HERE / "redirect"
OPT_ML = re.compile(r"/opt/ml(?![\w.-])")
STOP_GRACE = 120.0
"""Seconds between SIGTERM and SIGKILL: what SageMaker documents for StopTrainingJob."""

Sink = Callable[[bytes], None]
Process = subprocess.Popen[bytes] | forks.Forked


@functools.cache
def namespaces_work() -> bool:
    """Whether a process of this user can have an ``/opt/ml`` of its own on this host."""
    if os.environ.get("SLIPWAY_NAMESPACES") == "0" or sys.platform != "linux":
        return False
    with tempfile.TemporaryDirectory() as folder:
        ml = Path(folder, "ml")
        ml.mkdir()
        (ml / "here").touch()
        probe = launcher("namespace", ml, "/", ["test", "-e", "/opt/ml/here"])
        return subprocess.run(probe, capture_output=True, check=False, timeout=30).returncode == 0


def launcher(mode: str, ml: Path, working_dir: str, command: Sequence[str]) -> list[str]:
    """The command line that runs ``command`` through ``enter.py``, for this process as parent."""
    program = [sys.executable, "-I", "-S", str(ENTER), mode, str(ml), str(os.getpid()), working_dir]
    return [*program, *command]


@dataclass(frozen=True)
class Exit:
    """How a command ended: ``code`` as Docker tells it (137 = killed), and whether we ended it."""

    code: int
    stopped: bool = False
    timed_out: bool = False


@dataclass
class Container:
    """One command in the folder of its job; ``ml`` is what the command knows as ``/opt/ml``.

    ``python`` stands in for the image: it is what ``python`` and ``python3`` mean to the command.
    """

    folder: Path
    python: Path
    namespace: bool = field(default_factory=namespaces_work)
    _process: Process | None = None
    _stopped: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def ml(self) -> Path:
        return self.folder / "ml"

    def host_path(self, container_path: str) -> Path:
        """Where a path under ``/opt/ml`` lies on this machine. Raises ValueError for any other."""
        normal = os.path.normpath(container_path)
        if normal != "/opt/ml" and not normal.startswith("/opt/ml/"):
            raise ValueError(
                f"{container_path!r} is not under /opt/ml, which is all a job here can see"
            )
        return self.ml / normal.removeprefix("/opt/ml").lstrip("/")

    def localize(self, value: Any) -> Any:
        """``value`` (nested lists, mappings, strings) as the command must see it."""
        if self.namespace:
            return value
        if isinstance(value, str):
            return OPT_ML.sub(lambda _: str(self.ml), value)
        if isinstance(value, Mapping):
            return {self.localize(key): self.localize(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.localize(item) for item in value]
        return value

    def delocalize(self, text: str) -> str:
        """Text that the command wrote (a message, a failure) with ``/opt/ml`` where it meant it."""
        return text.replace(str(self.ml), "/opt/ml")

    def run(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        sink: Sink,
        *,
        working_dir: str = "/",
        timeout: float | None = None,
        grace: float = STOP_GRACE,
    ) -> Exit:
        """Run ``command`` to its end; each piece of its output goes to ``sink`` as it comes.

        Blocks. After ``timeout`` seconds the command gets SIGTERM, and SIGKILL after ``grace``
        more.
        """
        process = self._start(command, environment, working_dir)
        if process is None:
            return Exit(143, stopped=True)
        reader = threading.Thread(target=_pump, args=(process, sink), daemon=True)
        reader.start()
        timed_out = False
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            timed_out = True
            _signal(process, signal.SIGTERM)
            try:
                process.wait(grace)
            except subprocess.TimeoutExpired:
                _signal(process, signal.SIGKILL)
                process.wait()
        _signal(process, signal.SIGKILL)  # what it left running in its group
        reader.join(5)
        code = process.wait()
        return Exit(128 - code if code < 0 else code, self._stopped, timed_out)

    def stop(self, grace: float = STOP_GRACE) -> None:
        """End the command: SIGTERM now, SIGKILL after ``grace`` seconds. Never started: never
        will.
        """
        with self._lock:
            self._stopped = True
            process = self._process
        if process is None or process.poll() is not None:
            return
        _signal(process, signal.SIGTERM)
        timer = threading.Timer(grace, _signal, (process, signal.SIGKILL))
        timer.daemon = True
        timer.start()

    def _start(
        self, command: Sequence[str], environment: Mapping[str, str], working_dir: str
    ) -> Process | None:
        for name in ("tmp", "home"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.ml.mkdir(exist_ok=True)
        arguments = [self.localize(argument) for argument in command]
        if not self.namespace:
            arguments = _redirected(arguments)
        mode = "namespace" if self.namespace else "plain"
        with self._lock:
            if self._stopped:
                return None
            self._process = self._begin(
                mode, self.localize(working_dir), arguments, self._environment(environment)
            )
            return self._process

    def _begin(
        self, mode: str, working_dir: str, command: Sequence[str], environment: dict[str, str]
    ) -> Process:
        """Fork the process from one that has the image's libraries, or else start it afresh."""
        if server := forks.find(self.python):
            with contextlib.suppress(OSError):
                return server.start(mode, self.ml, working_dir, command, environment)
        return subprocess.Popen(
            launcher(mode, self.ml, working_dir, command),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def _environment(self, given: Mapping[str, str]) -> dict[str, str]:
        """What a container would start with, nothing of this process, then what the job sets."""
        environment = {
            "PATH": f"{self.python.parent}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.folder / "home"),
            "TMPDIR": str(self.folder / "tmp"),
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            "OMP_NUM_THREADS": str(os.cpu_count() or 1),
            # A job shares its cores with the cloud: spinning threads made training 15 times slower.
            "OMP_WAIT_POLICY": "passive",
            **self.localize(given),
        }
        if not self.namespace:
            paths = [str(REDIRECT), environment.get("PYTHONPATH", "")]
            environment["PYTHONPATH"] = ":".join(filter(None, paths))
            environment["SLIPWAY_OPT_ML"] = str(self.ml)
            environment["PYTHONDONTWRITEBYTECODE"] = "1"
        return environment


def _redirected(command: list[str]) -> list[str]:
    """``python [-u …] script.py …`` → the same through ``opt_ml.py``, which compiles the script
    itself.

    ``python -m module`` needs nothing: the import system asks the hook in ``opt_ml.py``.
    """
    if not re.fullmatch(r"python[\d.]*", os.path.basename(command[0])):
        return command
    for position, argument in enumerate(command[1:], 1):
        if argument in ("-m", "-c"):
            return command
        if not argument.startswith("-"):
            return [*command[:position], str(REDIRECT / "opt_ml.py"), *command[position:]]
    return command


def _pump(process: Process, sink: Sink) -> None:
    """Hand over the output until every holder of the pipe has closed it."""
    assert process.stdout is not None
    with process.stdout as pipe:
        while chunk := os.read(pipe.fileno(), 65536):
            sink(chunk)


def _signal(process: Process, number: int) -> None:
    """Signal the whole process group; it may be gone already."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
