"""A job's output: into a file of its folder, and into CloudWatch Logs, in batches."""

from __future__ import annotations

import contextlib
import threading
import time
from pathlib import Path
from typing import Any, BinaryIO

from botocore.exceptions import BotoCoreError, ClientError

BATCH_SECONDS = 0.5
MAX_EVENTS, MAX_LINE = 1000, 200_000
"""PutLogEvents takes at most 10,000 events and 1 MB per call, and 256 KB per event."""


class JobLog:
    """Sink of one container: ``write`` never blocks on the network, ``close`` waits for the rest.

    A log group that cannot be written costs the job nothing: the file has every line.
    """

    def __init__(self, client: Any, group: str, stream: str, path: Path) -> None:
        self._client, self._group, self._stream = client, group, stream
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: BinaryIO = path.open("ab")
        self._partial = b""
        self._events: list[dict[str, Any]] = []
        self._closing = False
        self._changed = threading.Condition()
        self._shipper = threading.Thread(target=self._ship, daemon=True, name=f"log-{stream}")
        self._shipper.start()

    def write(self, chunk: bytes) -> None:
        """Take a piece of output; lines are events, stamped on arrival."""
        with self._changed:
            if self._closing:
                return
            self._file.write(chunk)
            self._file.flush()
            *lines, self._partial = (self._partial + chunk).split(b"\n")
            self._add(lines)
            self._changed.notify()

    def message(self, text: str) -> None:
        """Put in a line of our own."""
        self.write(text.encode() + b"\n")

    def end(self) -> None:
        """Take no more output, and start to deliver what is left; ``close`` waits for that."""
        with self._changed:
            if self._closing:
                return
            self._add([self._partial])
            self._closing = True
            self._file.close()
            self._changed.notify()

    def close(self) -> None:
        """Return once everything was delivered."""
        self.end()
        self._shipper.join(10)

    def _add(self, lines: list[bytes]) -> None:
        now = int(time.time() * 1000)
        for line in lines:
            text = line.decode("utf-8", "replace").rstrip("\r")[:MAX_LINE]
            if text:
                self._events.append({"timestamp": now, "message": text})

    def _ship(self) -> None:
        created = False
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._events or self._closing)
                if not self._closing:
                    self._changed.wait_for(lambda: self._closing, BATCH_SECONDS)
                batch, self._events = self._events[:MAX_EVENTS], self._events[MAX_EVENTS:]
                last = self._closing and not self._events
            try:
                created = created or self._create()
                if batch:
                    self._client.put_log_events(
                        logGroupName=self._group, logStreamName=self._stream, logEvents=batch
                    )
            except (BotoCoreError, ClientError):
                pass
            if last:
                return

    def _create(self) -> bool:
        names = {"logGroupName": self._group, "logStreamName": self._stream}
        try:
            self._client.create_log_stream(**names)
        except self._client.exceptions.ResourceNotFoundException:
            with contextlib.suppress(self._client.exceptions.ResourceAlreadyExistsException):
                self._client.create_log_group(logGroupName=self._group)
            self._client.create_log_stream(**names)
        return True
