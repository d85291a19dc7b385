"""A fleet: what serves one variant of one endpoint configuration.

An instance here is bookkeeping. One process serves a variant whatever its count says: more would
only share the same two cores.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

from localcloud.sagemaker.endpoints.server import Server, UnpackError, unpack
from localcloud.sagemaker.endpoints.wire import (
    Connections,
    RefusedError,
    Response,
    UnreachableError,
)
from localcloud.sagemaker.jobs.images import ImageNotStoodInError, interpreter
from localcloud.sagemaker.jobs.logs import JobLog
from localcloud.sagemaker.models import find_model
from localcloud.sagemaker.service import Service

Doc = dict[str, Any]
HEAL_SECONDS = 10.0
_POLL_SECONDS = 0.01


class FleetError(Exception):
    """A fleet cannot serve; the text is SageMaker's FailureReason."""


@dataclass
class Fleet:
    """The process behind a variant, with its connections and the requests that are under way."""

    endpoint: str
    config: str
    variant: str
    server: Server
    instances: int = 1
    inflight: int = 0
    is_serverless: bool = False
    _connections: dict[int, Connections] = field(default_factory=dict)

    async def invoke(self, headers: dict[str, str], body: bytes) -> Response:
        """Pass one request on (event loop only); waits for a process that is being restarted.

        Raises UnreachableError when none is back within ``HEAL_SECONDS``, or when two died over
        this request. ``inflight`` was counted up when the fleet was chosen.
        """
        broken = 0
        deadline = time.monotonic() + HEAL_SECONDS
        while True:
            try:
                return await self._pool().post("/invocations", headers, body)
            except UnreachableError as error:
                # A process that was killed may still take a connection while it dies: once
                # more, then. A request that kills each process it meets is not tried for ever.
                broken += not isinstance(error, RefusedError)
                if broken > 1 or time.monotonic() > deadline:
                    raise
            await asyncio.sleep(_POLL_SECONDS)
            await asyncio.to_thread(self.server.healthy)  # learns the port of a new process

    def _pool(self) -> Connections:
        port = self.server.port
        if port not in self._connections:
            self._connections[port] = Connections(port)
        return self._connections[port]

    def wait_until_healthy(self, seconds: float, alive: Any = None) -> None:
        """Block until /ping answers 200. Raises FleetError, in SageMaker's words, when it does not.

        ``alive`` may end the wait early by returning False.
        """
        deadline = time.monotonic() + seconds
        while not self.server.healthy():
            crashed = self.server.starts > 2
            if crashed or time.monotonic() > deadline or (alive is not None and not alive()):
                raise FleetError(
                    f"The primary container for production variant {self.variant} did not pass "
                    "the ping health check. Please check CloudWatch logs for this endpoint."
                )
            time.sleep(_POLL_SECONDS)

    def drain(self, seconds: float = 60.0) -> None:
        """Block until no request is under way, or until the longest one allowed has passed."""
        deadline = time.monotonic() + seconds
        while self.inflight and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        """End the process."""
        self.server.stop()


def launch(svc: Service, endpoint: str, config: Doc, variant: Doc) -> Fleet:
    """Fetch a variant's model and start its process. Raises FleetError when that cannot be."""
    model = find_model(svc, variant["ModelName"])["resolved"][0]
    _need_capacity(svc, variant)
    instance = f"i-{svc.unique(17)}"
    folder = svc.context.home / "endpoints" / endpoint / f"{variant['VariantName']}-{instance}"
    environment = dict(model["Environment"])
    s3 = svc.context.client("s3")
    try:
        python = interpreter(svc.context, model["Image"])
        (folder / "ml" / "model").mkdir(parents=True)
        if model["ModelDataUrl"]:
            unpack(s3, model["ModelDataUrl"], folder / "ml" / "model")
        submitted = environment.get("SAGEMAKER_SUBMIT_DIRECTORY", "")
        if submitted.startswith("s3://"):
            unpack(s3, submitted, folder / "ml" / "code")
            environment["SAGEMAKER_SUBMIT_DIRECTORY"] = "/opt/ml/code"
    except (UnpackError, ImageNotStoodInError) as error:
        raise FleetError(str(error)) from error
    log = JobLog(
        svc.context.client("logs"),
        f"/aws/sagemaker/Endpoints/{endpoint}",
        f"{variant['VariantName']}/{instance}",
        svc.context.home / "logs" / "endpoints" / f"{endpoint}-{instance}.log",
    )
    server = Server(folder, python, environment, log)
    server.start()
    count = int(variant.get("InitialInstanceCount", 1))
    fleet = Fleet(endpoint, config["EndpointConfigName"], variant["VariantName"], server, count)
    fleet.is_serverless = "ServerlessConfig" in variant
    return fleet


def _need_capacity(svc: Service, variant: Doc) -> None:
    """Refuse instance types that the file ``no-capacity`` in the home lists, one a line.

    It is how a test makes this cloud run out of machines, as AWS's does.
    """
    short = svc.context.home / "no-capacity"
    if short.exists() and variant.get("InstanceType") in short.read_text().split():
        raise FleetError(
            "Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity "
            "error. Please retry using a different ML instance type or after some time."
        )
