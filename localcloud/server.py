"""The process of a local cloud: `python -m localcloud.server --home …`.

It binds to 127.0.0.1 only, keeps every file under its home, and ends on SIGTERM, on Ctrl-C, or
when the process that holds its leash (standard input) is gone, taking its own children with it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import fcntl
import importlib
import json
import logging
import os
import shutil
import signal
import socket
import sys
import threading
from pathlib import Path
from types import ModuleType
from typing import IO, Any

from localcloud.context import ROOT_ACCESS_KEY, ROOT_SECRET_KEY, Context

ACCOUNT = "000000000000"
STATE_FILE = "cloud.json"
_SERVICES = (
    *("repairs", "lambda_code", "cloudformation"),
    *("sagemaker", "codecommit", "github", "slack", "inbox"),
)
_MODELS = (
    *("s3", "dynamodb", "states", "lambda", "events", "secretsmanager", "sesv2", "logs"),
    *("sagemaker", "codecommit", "cloudformation", "sqs", "iam", "sts", "monitoring"),
)
_STOP_SECONDS = 10
_logger = logging.getLogger("localcloud")


class CloudError(Exception):
    """The local cloud cannot start; the text is one line for a person."""


def main(arguments: list[str] | None = None) -> int:
    """Run a cloud until it is told to stop. Returns 2 when it cannot start."""
    options = _options(arguments)
    try:
        home = options.home.resolve()
        (home / "tmp").mkdir(parents=True, exist_ok=True)
        lock = _only_one(home)
        gate, api = _listen(options.port), _listen(options.api_port)
        _environment(home, gate.getsockname()[1], options.region)
        context = Context(
            home=home,
            region=options.region,
            account=ACCOUNT,
            endpoint_url=f"http://127.0.0.1:{gate.getsockname()[1]}",
            image_python=options.image_python,
            port=gate.getsockname()[1],
            api_port=api.getsockname()[1],
        )
        services = _install(context)
    except CloudError as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        return 2
    try:
        asyncio.run(_serve(context, gate, api, leash=options.leash))
    finally:
        _stop(services, context.home)
        lock.close()
    # A state machine's thread may still be waiting for something that will never come.
    sys.stdout.flush()
    os._exit(0)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="localcloud.server", description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0, help="AWS port; 0 takes a free one")
    parser.add_argument("--api-port", type=int, default=0, help="port of the stack's HTTP API")
    parser.add_argument("--region", required=True)
    parser.add_argument("--image-python", type=Path, required=True)
    parser.add_argument("--leash", action="store_true", help="end when standard input does")
    return parser.parse_args(arguments)


def _only_one(home: Path) -> IO[str]:
    """Hold the home for this process: two clouds in one home would mix their files."""
    lock = (home / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise CloudError(f"another local cloud is running in {home}") from None
    return lock


def _listen(port: int) -> socket.socket:
    """Bind before anything is started, so that a taken port costs nothing and races with no one."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
    except OSError as error:
        raise CloudError(
            f"port {port} on 127.0.0.1 cannot be used ({error.strerror}): "
            "stop what holds it or choose another"
        ) from None
    return listener


def _environment(home: Path, port: int, region: str) -> None:
    """Set what the base reads when it is imported, and what its Lambda processes inherit.

    Without these it would listen for MQTT, look for Docker, write to /tmp and read the user's
    AWS profile.
    """
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "SERVICES"):
        os.environ.pop(name, None)
    os.environ |= {
        "AUTH": "true",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": region,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "AWS_ACCESS_KEY_ID": ROOT_ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": ROOT_SECRET_KEY,
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        "LAMBDA_EXECUTOR": "local",
        "DOCKER_HOST": f"unix://{home}/no-docker.sock",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "TMPDIR": str(home / "tmp"),
        "STATE_DIR": str(home / "state"),
        "S3_DATA_DIR": str(home / "s3"),
    }


def _install(context: Context) -> list[ModuleType]:
    """Plug our services into the base, in order: what repairs it comes first."""
    services = [importlib.import_module(f"localcloud.{name}") for name in _SERVICES]
    for service in services:
        service.install(context)
    return services


async def _serve(context: Context, gate: socket.socket, api: socket.socket, *, leash: bool) -> None:
    from hypercorn.asyncio import serve
    from ministack.app import app as base

    from localcloud.gateway import api_door, aws_door

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if leash:
        _watch_leash(lambda: loop.call_soon_threadsafe(stop.set))
    threading.Thread(target=_load_models, name="models", daemon=True).start()
    _write_state(context)
    await asyncio.gather(
        serve(aws_door(base), _http(gate), shutdown_trigger=stop.wait),
        serve(api_door(base), _http(api), shutdown_trigger=stop.wait),
    )


def _load_models() -> None:
    """Read botocore's models of the services that Slipway uses, before their first requests do.

    The base looks into a service's model for each answer, and reads it on the event loop when it
    is needed for the first time: a tenth of a second and more in which nobody else is answered.
    """
    from ministack.core import responses

    for service in _MODELS:
        responses._service_model(service)


def _http(listener: socket.socket) -> Any:
    from hypercorn.config import Config

    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    config.loglevel = "WARNING"
    return config


def _watch_leash(let_go: Any) -> None:
    """Call `let_go` when the other end of standard input is closed, whatever closed it."""

    def watch() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 1024):
                pass
        let_go()

    threading.Thread(target=watch, name="leash", daemon=True).start()


def _write_state(context: Context) -> None:
    state = {
        "pid": os.getpid(),
        "port": context.port,
        "api_port": context.api_port,
        "region": context.region,
        "image_python": str(context.image_python),
    }
    path = context.home / STATE_FILE
    path.with_suffix(".new").write_text(json.dumps(state, indent=2) + "\n")
    path.with_suffix(".new").replace(path)


def _stop(services: list[ModuleType], home: Path) -> None:
    """Stop all children and remove what is of no use afterwards; logs and records stay."""
    watchdog = threading.Timer(_STOP_SECONDS, os._exit, [1])
    watchdog.daemon = True
    watchdog.start()
    for service in reversed(services):
        try:
            getattr(service, "shutdown", lambda: None)()
        except Exception:
            _logger.exception("%s did not stop cleanly", service.__name__)
    _kill_lambda_workers()
    (home / STATE_FILE).unlink(missing_ok=True)
    for scratch in ("tmp", "state", "s3"):
        shutil.rmtree(home / scratch, ignore_errors=True)
    watchdog.cancel()


def _kill_lambda_workers() -> None:
    from ministack.core import lambda_runtime

    lambda_runtime.reset()


if __name__ == "__main__":
    sys.exit(main())
