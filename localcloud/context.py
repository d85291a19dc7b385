"""What every service of the local cloud is told about the process it lives in."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT_ACCESS_KEY = "test"
ROOT_SECRET_KEY = "test"
"""The key that the base treats as the account's root. Signatures are checked against it, so it
must be used exactly; it opens nothing but a process on this machine's loopback interface."""


@dataclass(frozen=True)
class Context:
    """One running local cloud: where it lives and how to call it.

    `home` holds all its files and is the only place it writes to, `endpoint_url` is the AWS port,
    `api_url` the root of the deployed stack's HTTP API, `image_python` the interpreter that stands
    in for the XGBoost container.
    """

    home: Path
    region: str
    account: str
    endpoint_url: str
    image_python: Path
    port: int
    api_port: int = 0
    _clients: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    @property
    def api_url(self) -> str:
        """The address at which the stack's HTTP API answers, without a trailing slash."""
        return f"http://127.0.0.1:{self.api_port}"

    def client(self, service: str) -> Any:
        """Return the boto3 client of `service` on our own port, as the account's root.

        Clients are made once and shared by all threads (botocore clients are thread-safe, their
        creation is not). Never call one from the event loop's thread: the same loop has to answer.
        """
        with self._lock:
            if service not in self._clients:
                self._clients[service] = make_client(service, self.endpoint_url, self.region)
            return self._clients[service]

    def environment(self) -> Mapping[str, str]:
        """Return what a child process needs in its environment to call this cloud as root."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": ROOT_ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": ROOT_SECRET_KEY,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
        }


def make_client(service: str, endpoint_url: str, region: str) -> Any:
    """Return a boto3 client of a local cloud as root, whatever profile the user has."""
    import boto3
    from botocore.config import Config

    session = boto3.session.Session(
        aws_access_key_id=ROOT_ACCESS_KEY,
        aws_secret_access_key=ROOT_SECRET_KEY,
        region_name=region,
    )
    config = Config(
        retries={"mode": "standard", "total_max_attempts": 2},
        connect_timeout=5,
        read_timeout=60,
        max_pool_connections=20,
        s3={"addressing_style": "path"},
    )
    return session.client(service, endpoint_url=endpoint_url, config=config)
