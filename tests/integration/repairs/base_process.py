"""One ministack in a process of its own, with all repairs or without some of them."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.support.waiting import wait_until

REPOSITORY = Path(__file__).parents[3]


class BaseProcess:
    """ministack with the repairs but those in `without`, and our services named in `services`."""

    def __init__(self, home: Path, without: tuple[str, ...] = (), services: tuple[str, ...] = ()):
        self.home = home
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.endpoint_url = f"http://127.0.0.1:{self.port}"
        self._clients: dict[str, Any] = {}
        environment = {
            **os.environ,
            "GATEWAY_PORT": str(self.port),
            "AUTH": "true",
            "LOG_LEVEL": "WARNING",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0.05",
            "PYTHONPATH": str(REPOSITORY),
        }
        settings = {"home": str(home), "port": self.port, "without": without, "services": services}
        self._process = subprocess.Popen(
            [sys.executable, __file__, json.dumps(settings)],
            cwd=REPOSITORY,
            env=environment,
            stdin=subprocess.PIPE,  # the process ends with its standard input
        )
        wait_until(self._answers, timeout=30)

    def _answers(self) -> bool:
        if self._process.poll() is not None:
            raise RuntimeError("ministack ended while it started")
        try:
            with urllib.request.urlopen(f"{self.endpoint_url}/_ministack/health", timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            return False

    def client(self, service: str) -> Any:
        """Return a boto3 client of this process, as root."""
        from localcloud.context import make_client

        if service not in self._clients:
            self._clients[service] = make_client(service, self.endpoint_url, "us-east-1")
        return self._clients[service]

    def kill(self) -> None:
        """End the process without giving it a chance to clean up."""
        self._process.kill()
        self._process.wait(10)

    def stop(self) -> None:
        """End the process and wait until it is gone."""
        self._process.terminate()
        self._process.wait(10)


def serve(settings: dict[str, Any]) -> None:
    """Run in the child: the base with repairs and services, until standard input closes."""
    import importlib
    import threading

    from hypercorn.asyncio import serve as hypercorn_serve
    from hypercorn.config import Config
    from ministack.app import app

    from localcloud import repairs
    from localcloud.context import Context

    home = Path(settings["home"])
    context = Context(
        home=home,
        region="us-east-1",
        account="000000000000",
        endpoint_url=f"http://127.0.0.1:{settings['port']}",
        image_python=Path(sys.executable),
        port=settings["port"],
    )
    repairs.install(context, without=settings["without"])
    for service in settings["services"]:
        importlib.import_module(f"localcloud.{service}").install(context)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    config = Config()
    config.bind = [f"127.0.0.1:{settings['port']}"]
    asyncio.run(hypercorn_serve(_with_public_pages(app), config))


def _with_public_pages(app: Any) -> Any:
    """Let the paths of our services that need no signature reach their handlers."""
    from urllib.parse import parse_qs

    from localcloud.services import public_handler

    async def serve_request(scope: Any, receive: Any, send: Any) -> None:
        handler = public_handler(scope["path"]) if scope["type"] == "http" else None
        if handler is None:
            await app(scope, receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        headers = {
            name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]
        }
        query = parse_qs(scope["query_string"].decode(), keep_blank_values=True)
        status, answered, content = await handler(
            scope["method"], scope["path"], headers, body, query
        )
        raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in answered.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": content})

    return serve_request


def _end_with_parent() -> None:
    while os.read(0, 1):  # nothing is ever written; the end of the parent is the end of the file
        pass
    os._exit(0)


if __name__ == "__main__":
    serve(json.loads(sys.argv[1]))
