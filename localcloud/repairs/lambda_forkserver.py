"""A process that forks Lambda environments: `python lambda_forkserver.py <socket fd>`.

It imports once what AWS's Python runtime brings along (boto3) and what most functions bundle
(Powertools), and keeps botocore's parsed models, so that an environment starts in a fraction of a
second and shares that memory. It has one thread, talks to
the local cloud over a Unix socket, and ends with it; its children end with it.
See lambda_environments.py for the other side.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import signal
import socket
import struct
import sys
import types
from typing import Any

_PR_SET_PDEATHSIG = 1
_MODELS = ("dynamodb", "events", "s3", "sagemaker", "secretsmanager", "sesv2", "stepfunctions")


def main() -> None:
    """Fork an environment for each request until the other side closes the socket."""
    server = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel forgets children that have ended
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _preload()
    gc.collect()
    gc.freeze()
    while True:
        head, descriptors, _flags, _address = socket.recv_fds(server, 4, 4)
        if len(head) < 4:
            return
        (length,) = struct.unpack("!I", head)
        request = json.loads(_read(server, length))
        pid = os.fork()
        if pid == 0:
            server.close()
            _become(request, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        server.sendall(struct.pack("!I", pid))


def _read(server: socket.socket, length: int) -> bytes:
    parts = b""
    while len(parts) < length:
        part = server.recv(length - len(parts))
        if not part:
            raise EOFError
        parts += part
    return parts


def _preload() -> None:
    import boto3
    import botocore.handlers  # (what ministack's worker imports first)
    import botocore.session

    here = os.path.dirname(os.path.abspath(__file__))
    sys.path.insert(0, here)
    import shared_models  # type: ignore[import-not-found]  # beside this program

    sys.path.remove(here)
    with contextlib.suppress(ImportError):
        import aws_lambda_powertools.logging
        import aws_lambda_powertools.metrics  # noqa: F401

    shared_models.share()
    session = boto3.session.Session("a", "b", region_name="us-east-1")
    # boto3's sessions look for models in one more folder than botocore's own.
    bare = botocore.session.get_session()
    bare.set_credentials("a", "b")
    for name in _MODELS:
        session.client(name)
        bare.create_client(name, region_name="us-east-1")


def _become(request: dict[str, Any], descriptors: list[int]) -> None:
    """Be the environment: its pipes, variables and folder; then run ministack's worker script."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    for target, descriptor in enumerate(descriptors[:3]):
        os.dup2(descriptor, target)
        os.close(descriptor)
    os.set_inheritable(descriptors[3], False)  # stays open until this process ends
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False, buffering=1)  # noqa: SIM115
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    script = request["script"]
    sys.argv = [script]
    sys.path.insert(0, os.path.dirname(script))
    main_module = types.ModuleType("__main__")
    main_module.__file__ = script
    sys.modules["__main__"] = main_module
    status = 1
    try:
        with open(script, encoding="utf-8") as file:
            code = compile(file.read(), script, "exec")
        exec(code, main_module.__dict__)
        status = 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(status)


if __name__ == "__main__":
    main()
