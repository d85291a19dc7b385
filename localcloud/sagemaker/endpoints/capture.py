"""Data capture: requests and answers of a sample, as SageMaker's JSON lines in S3."""

from __future__ import annotations

import base64
import json
import logging
import random
import threading
import time
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from localcloud.sagemaker.artifacts import split_s3
from localcloud.sagemaker.endpoints.fleet import Fleet

Doc = dict[str, Any]
FLUSH_SECONDS = 2.0
_logger = logging.getLogger(__name__)


@dataclass
class Capture:
    """Collects what endpoints with capture saw; each flush writes one object per variant."""

    s3: Any
    _lines: dict[tuple[str, str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _some: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Write in the background from now on."""
        threading.Thread(target=self._write_forever, name="capture", daemon=True).start()

    def record(
        self, config: Doc, fleet: Fleet, sent: tuple[str, bytes], got: tuple[str, bytes], extra: Doc
    ) -> None:
        """Keep one exchange, if the sampling says so. ``sent``, ``got``: content type and body."""
        if random.random() * 100 >= config["InitialSamplingPercentage"]:
            return
        line = json.dumps(entry(config, sent, got, extra, datetime.now(UTC)))
        with self._lock:
            self._lines[config["DestinationS3Uri"], fleet.endpoint, fleet.variant].append(line)
        self._some.set()

    def flush(self) -> None:
        """Write everything that was collected; blocks."""
        with self._lock:
            lines, self._lines = self._lines, defaultdict(list)
            self._some.clear()
        for (uri, endpoint, variant), found in lines.items():
            bucket, prefix = split_s3(uri)
            now = datetime.now(UTC)
            name = f"{now:%M-%S}-{now.microsecond // 1000:03d}-{uuid.uuid4()}.jsonl"
            parts = [prefix.strip("/"), endpoint, variant, f"{now:%Y/%m/%d/%H}", name]
            key = "/".join(part for part in parts if part)
            self.s3.put_object(Bucket=bucket, Key=key, Body="\n".join([*found, ""]).encode())

    def _write_forever(self) -> None:
        while True:
            self._some.wait()
            time.sleep(FLUSH_SECONDS)
            try:
                self.flush()
            except Exception:
                _logger.exception("captured data could not be written to S3")


def entry(
    config: Doc, sent: tuple[str, bytes], got: tuple[str, bytes], extra: Doc, now: datetime
) -> Doc:
    """One line of a capture file. ``extra`` may hold InferenceId and CustomAttributes."""
    modes = {each["CaptureMode"] for each in config["CaptureOptions"]}
    headers = config.get("CaptureContentTypeHeader") or {}
    data: Doc = {}
    if modes & {"Input", "InputAndOutput"}:
        data["endpointInput"] = _side("INPUT", sent, headers)
    if modes & {"Output", "InputAndOutput"}:
        data["endpointOutput"] = _side("OUTPUT", got, headers)
    event = {"eventId": str(uuid.uuid4()), "inferenceTime": f"{now:%Y-%m-%dT%H:%M:%SZ}"}
    if extra.get("InferenceId"):
        event["inferenceId"] = extra["InferenceId"]
    if extra.get("CustomAttributes"):
        event["customAttributes"] = extra["CustomAttributes"]
    return {"captureData": data, "eventMetadata": event, "eventVersion": "0"}


def _side(mode: str, exchanged: tuple[str, bytes], headers: Doc) -> Doc:
    content_type, body = exchanged
    kind = content_type.partition(";")[0].strip().lower()
    encoding = "BASE64"
    if kind in headers.get("CsvContentTypes", []):
        encoding = "CSV"
    elif kind in headers.get("JsonContentTypes", []):
        encoding = "JSON"
    text = (
        base64.b64encode(body).decode() if encoding == "BASE64" else body.decode("utf-8", "replace")
    )
    return {"observedContentType": content_type, "mode": mode, "data": text, "encoding": encoding}
