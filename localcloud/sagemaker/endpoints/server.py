"""One serving process: its folder with the unpacked model, its start, its health, its restarts."""

from __future__ import annotations

import http.client
import logging
import shutil
import tarfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from localcloud.sagemaker.artifacts import split_s3
from localcloud.sagemaker.jobs.container import Container
from localcloud.sagemaker.jobs.logs import JobLog

SERVING = Path(__file__).with_name("serving.py")
# Early 3.11 (Debian 12 has 3.11.2) knows no filters.
_SAFELY: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
_PING_SECONDS = 2.0  # SageMaker's limit for one health check
_RESTART_SECONDS = 0.2
_logger = logging.getLogger(__name__)


class UnpackError(Exception):
    """The model's archive could not be fetched or unpacked; the text is for FailureReason."""


def unpack(s3: Any, uri: str, folder: Path) -> None:
    """Fetch a ``.tar.gz`` from S3 and unpack it into ``folder``."""
    bucket, key = split_s3(uri)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        body = s3.get_object(Bucket=bucket, Key=key)["Body"]
        with tarfile.open(fileobj=body, mode="r|gz") as archive:
            archive.extractall(folder, **_SAFELY)
    except tarfile.TarError as error:
        raise UnpackError(
            f"Failed to extract model data archive from S3 URL {uri}. "
            "Please ensure that the object located at the URL is a valid tar.gz archive."
        ) from error
    except s3.exceptions.ClientError as error:
        raise UnpackError(
            f"Failed to download model data from S3 URL {uri}: {error.response['Error']['Message']}"
        ) from error


@dataclass
class Server:
    """A process that is kept alive until ``stop``: it is started again when it ends by itself.

    The thread that starts it lives as long as it does, because Linux ends a child that asked for it
    when the *thread* of its parent ends.
    """

    folder: Path
    python: Path
    environment: Mapping[str, str]
    log: JobLog
    port: int = 0
    starts: int = 0
    _wanted: threading.Event = field(default_factory=threading.Event)
    _container: Container | None = None
    _thread: threading.Thread | None = None

    @property
    def port_file(self) -> Path:
        return self.folder / "home" / "port"

    @property
    def pid(self) -> int | None:
        """The process id now, or None when it is down."""
        process = self._container._process if self._container else None
        return process.pid if process is not None and process.poll() is None else None

    def start(self) -> None:
        """Start the process and keep it; returns at once."""
        self._wanted.set()
        self._thread = threading.Thread(target=self._keep, name=f"serve-{self.folder.name}")
        self._thread.daemon = True
        self._thread.start()

    def stop(self, grace: float = 2.0) -> None:
        """End the process for good, and remove its folder."""
        self._wanted.clear()
        if self._container is not None:
            self._container.stop(grace)
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(grace + 3.0)
        self.log.end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def healthy(self) -> bool:
        """Whether the process that runs now has loaded its model and answers GET /ping with 200."""
        try:
            self.port = int(self.port_file.read_text())
        except (OSError, ValueError):
            return False
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_PING_SECONDS)
        try:
            connection.request("GET", "/ping")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _keep(self) -> None:
        self.port_file.parent.mkdir(parents=True, exist_ok=True)
        environment = {
            "OMP_NUM_THREADS": "1",  # as the image sets it: its processes are single-threaded
            "SAGEMAKER_BIND_TO_PORT": "8080",
            **self.environment,
            "SLIPWAY_PORT_FILE": str(self.port_file),
        }
        while self._wanted.is_set():
            self.port_file.unlink(missing_ok=True)
            self._container = Container(self.folder, self.python)
            if not self._wanted.is_set():
                return
            self.starts += 1
            ended = self._container.run(
                ["python", str(SERVING)], environment, self.log.write, grace=2.0
            )
            if self._wanted.is_set():
                _logger.info("%s ended with %s; starting it again", self.folder.name, ended.code)
                time.sleep(min(_RESTART_SECONDS * self.starts, 5.0))
