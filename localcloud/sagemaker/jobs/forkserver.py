"""A process that forks jobs: `python forkserver.py <socket fd>`, by the image's own interpreter.

It imports once what nearly every script of the image imports (numpy, xgboost: half a second), and
forks for each command. The child enters its private ``/opt/ml`` after the fork, gets its own
environment, output and process group, and runs ``python script.py …`` as ``__main__``. Any other
command, and a script to which the difference could matter (see ``can_run_here``), replaces the
child by exec. It has one thread and no OpenMP threads, which would not survive a fork; it ends
with the local cloud, its children end with it. See forks.py for the other side.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import io
import json
import os
import random
import re
import select
import shutil
import signal
import socket
import struct
import sys
import tempfile
from typing import Any

import enter  # type: ignore[import-not-found]  # beside this program

_EARLY = re.compile(
    r"(OMP_(?!NUM_THREADS$)|GOMP_|KMP_|OPENBLAS_|MKL_|LD_|NPY_|NUMPY_|XGB"
    r"|PYTHON(?!PATH$|UNBUFFERED$|DONTWRITEBYTECODE$))"
)
"""Variables that an interpreter or a library reads once, when it is loaded."""


def main() -> None:
    """Serve until the local cloud closes the socket; in each child, be its command."""
    del sys.path[0]  # this folder's modules are nothing for a job
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    at_load = dict(os.environ)  # before the imports, which set some themselves
    _preload()
    preloaded = {name.partition(".")[0] for name in sys.modules} - {"__main__", "enter"}
    threads = _thread_setters()
    gc.collect()
    gc.freeze()
    request = _serve(socket.socket(fileno=int(sys.argv[1])))
    if request is not None:
        _become(request, at_load, preloaded, threads)


def _preload() -> None:
    for name in ("argparse", "csv", "numpy", "xgboost"):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def _thread_setters() -> list[Any]:
    """`omp_set_num_threads` of each OpenMP library: it has read OMP_NUM_THREADS already."""
    try:
        with open("/proc/self/maps", encoding="utf-8") as file:
            loaded = {line.split(maxsplit=5)[-1].strip() for line in file if "libgomp" in line}
    except OSError:
        return []
    return [ctypes.CDLL(path).omp_set_num_threads for path in loaded]


def _serve(door: socket.socket) -> dict[str, Any] | None:
    """Fork for each request. Returns the request in a child, None once the socket is closed."""
    told, tell = os.pipe()
    os.set_blocking(tell, False)
    signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    children: dict[int, int] = {}
    sources: list[Any] = [door, told]
    while True:
        ready, _, _ = select.select(sources, [], [])
        if told in ready:
            os.read(told, 4096)
            _report_ended(children)
        if door not in ready:
            continue
        head, descriptors, _flags, _address = socket.recv_fds(door, 4, 2)
        if len(head) < 4:
            return None
        request: dict[str, Any] = json.loads(_read(door, *struct.unpack("!I", head)))
        output, status = descriptors
        parent = os.getpid()
        if (pid := os.fork()) == 0:
            signal.set_wakeup_fd(-1)
            os.setpgid(0, 0)
            for descriptor in (told, tell, status, *children.values()):
                os.close(descriptor)
            door.close()
            return {**request, "output": output, "parent": parent}
        with contextlib.suppress(OSError):
            os.setpgid(pid, pid)  # whoever is first: the cloud signals the group
        os.close(output)
        children[pid] = status
        door.sendall(struct.pack("!I", pid))


def _read(door: socket.socket, length: int) -> bytes:
    parts = b""
    while len(parts) < length:
        part = door.recv(length - len(parts))
        if not part:
            raise EOFError
        parts += part
    return parts


def _report_ended(children: dict[int, int]) -> None:
    """Write the exit code of each child that has ended into its pipe, and close that."""
    for pid, status in list(children.items()):
        ended, code = os.waitpid(pid, os.WNOHANG)
        if ended:
            with contextlib.suppress(OSError):
                os.write(status, struct.pack("!i", os.waitstatus_to_exitcode(code)))
            os.close(children.pop(pid))


def _become(
    request: dict[str, Any], at_load: dict[str, str], preloaded: set[str], threads: list[Any]
) -> None:
    """Be the job's command; never returns to the server's loop."""
    os.dup2(request["output"], 1)
    os.dup2(request["output"], 2)
    os.close(request["output"])
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(request["environment"])
    command: list[str] = request["command"]
    try:
        enter.confine(request["mode"], request["ml"], request["parent"], request["working_dir"])
        if not can_run_here(command, at_load, preloaded, threads):
            os.execvpe(command[0], command, os.environ)
    except OSError as error:
        print(f"cannot start {command[0]!r}: {error}", file=sys.stderr, flush=True)
        os._exit(enter.CANNOT_ENTER)
    _renew(command, threads)
    _run(command[1])


def can_run_here(
    command: list[str], at_load: dict[str, str], preloaded: set[str], threads: list[Any]
) -> bool:
    """Whether `command` is a plain script of this interpreter that would not notice the imports.

    It would by a module of its own in the place of one that is imported here, and by a variable
    that the interpreter or a library has read already.
    """
    if not re.fullmatch(r"python[\d.]*", command[0]) or len(command) < 2:
        return False
    found = shutil.which(command[0])
    if not found or os.path.dirname(found) != os.path.dirname(sys.executable):
        return False
    if command[1].startswith("-") or not os.path.isfile(command[1]):
        return False
    for name in {*at_load, *os.environ}:
        if _EARLY.match(name) and at_load.get(name) != os.environ.get(name):
            return False
    count = os.environ.get("OMP_NUM_THREADS", "")
    if count != at_load.get("OMP_NUM_THREADS") and not (threads and count.isdecimal()):
        return False
    own = {
        name.removesuffix(".py")
        for script in command[1:3]  # opt_ml.py runs the script that follows it
        for folder in _own_folders(script)
        if os.path.isdir(folder)
        for name in os.listdir(folder)
    }
    return not own & preloaded - {"sitecustomize"}


def _own_folders(script: str) -> list[str]:
    path = os.environ.get("PYTHONPATH", "")
    return [os.path.dirname(os.path.abspath(script)), *filter(None, path.split(os.pathsep))]


def _renew(command: list[str], threads: list[Any]) -> None:
    """Set what an interpreter sets when it starts, and what two forks must not share."""
    sys.argv = command[1:]
    sys.orig_argv[:] = command
    sys.path[:0] = _own_folders(command[1])
    sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))
    sys.modules.pop("enter")
    unbuffered = bool(os.environ.get("PYTHONUNBUFFERED"))
    for number, name in ((1, "stdout"), (2, "stderr")):
        raw: Any = open(number, "wb", 0 if unbuffered else -1, closefd=False)  # noqa: SIM115
        errors = "strict" if number == 1 else "backslashreplace"
        through = unbuffered or number == 2
        stream = io.TextIOWrapper(raw, "utf-8", errors, write_through=through)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    random.seed()
    tempfile.tempdir = None
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()
    if count := os.environ.get("OMP_NUM_THREADS", ""):
        for set_threads in threads:
            set_threads(int(count))
    sys.modules.pop("sitecustomize", None)
    with contextlib.suppress(ImportError):
        importlib.import_module("sitecustomize")


def _run(script: str) -> None:
    """Run `script` as `python script` does, with its exit code and its traceback."""
    module = type(sys)("__main__")
    module.__dict__.update(__file__=script, __builtins__=__builtins__)
    sys.modules["__main__"] = module
    try:
        with open(script, "rb") as file:
            code = compile(file.read(), script, "exec", dont_inherit=True)
        exec(code, module.__dict__)
    except SystemExit:
        raise
    except BaseException as error:
        inside = error.__traceback__.tb_next if error.__traceback__ else None
        sys.excepthook(type(error), error.with_traceback(inside), inside)
        sys.exit(1)


if __name__ == "__main__":
    main()
