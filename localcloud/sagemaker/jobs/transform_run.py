"""The work of one batch transform job: the model's own server is asked for every object.

https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform.html
"""

from __future__ import annotations

import gzip
import http.client
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from localcloud.sagemaker.api import ApiError
from localcloud.sagemaker.jobs import images, transfer
from localcloud.sagemaker.jobs.logs import JobLog
from localcloud.sagemaker.jobs.objects import Access
from localcloud.sagemaker.jobs.runner import Running
from localcloud.sagemaker.jobs.workplace import Doc, JobFailedError
from localcloud.sagemaker.service import Service

LOG_GROUP = "/aws/sagemaker/TransformJobs"
HEALTHY_SECONDS, REQUEST_SECONDS = 60.0, 600.0
SEE_LOGS = "See job logs for more information"


def run(svc: Service, running: Running, doc: Doc, model: Doc) -> None:
    """Do the job, or leave off when it is to stop. Raises JobFailedError, TransferError."""
    folder = svc.context.home / "jobs" / running.kind / running.name
    try:
        role = model.get("ExecutionRoleArn", "")
        if not role:
            raise JobFailedError(f"ClientError: the model {model['ModelName']} has no role")
        access = Access(svc.context, role)
    except ApiError as error:
        raise JobFailedError(f"ClientError: {error.message}") from error
    log = JobLog(
        svc.context.client("logs"),
        LOG_GROUP,
        f"{running.name}/i-{svc.unique(17)}",
        folder / "output.log",
    )
    server = None
    try:
        source = doc["TransformInput"]["DataSource"]["S3DataSource"]
        transfer.download(access, source["S3Uri"], folder / "in", source["S3DataType"])
        server = _start(svc, doc, model["resolved"][0], folder / "server", access, log)
        _wait(server, running)
        files = sorted(path for path in (folder / "in").rglob("*") if path.is_file())
        for file in files:
            if running.stopping:
                return
            output = folder / "out" / f"{file.relative_to(folder / 'in')}.out"
            output.parent.mkdir(parents=True, exist_ok=True)
            output.write_bytes(_transform(server.port, doc, file, running))
        if not running.stopping:
            transfer.upload(access, folder / "out", doc["TransformOutput"]["S3OutputPath"])
    finally:
        if server is not None:
            server.stop()
        log.close()
        for name in ("in", "out", "server"):
            shutil.rmtree(folder / name, ignore_errors=True)


def _start(
    svc: Service, doc: Doc, container: Doc, folder: Path, access: Access, log: JobLog
) -> Any:
    # Endpoints build on the containers of jobs: imported here, the two packages need no order.
    from localcloud.sagemaker.endpoints.server import Server, UnpackError, unpack

    environment = {
        **container["Environment"],
        **doc.get("Environment", {}),
        "SAGEMAKER_BATCH": "true",
        "SAGEMAKER_BATCH_STRATEGY": doc.get("BatchStrategy", "MultiRecord"),
        "SAGEMAKER_MAX_PAYLOAD_IN_MB": str(doc.get("MaxPayloadInMB", 6)),
        "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": str(doc.get("MaxConcurrentTransforms", 1)),
    }
    try:
        python = images.interpreter(svc.context, container["Image"])
        (folder / "ml" / "model").mkdir(parents=True)
        if container["ModelDataUrl"]:
            unpack(access.client, container["ModelDataUrl"], folder / "ml" / "model")
    except images.ImageNotStoodInError as error:
        raise JobFailedError(str(error)) from error
    except UnpackError as error:
        raise JobFailedError(f"ClientError: {error}") from error
    server = Server(folder, python, environment, log)
    server.start()
    return server


def _wait(server: Any, running: Running) -> None:
    deadline = time.monotonic() + HEALTHY_SECONDS
    while not server.healthy():
        if server.starts > 2 or time.monotonic() > deadline:
            raise JobFailedError(f"AlgorithmError: {SEE_LOGS}: the model did not pass its ping")
        if running.stopping:
            return
        time.sleep(0.05)


def _transform(port: int, doc: Doc, file: Path, running: Running) -> bytes:
    """Ask for one object; returns the answers, put together."""
    source, target = doc["TransformInput"], doc["TransformOutput"]
    headers = {}
    if source.get("ContentType"):
        headers["Content-Type"] = source["ContentType"]
    if target.get("Accept"):
        headers["Accept"] = target["Accept"]
    body = file.read_bytes()
    if source.get("CompressionType") == "Gzip":
        body = gzip.decompress(body)
    answers = []
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=REQUEST_SECONDS)
    try:
        for batch in batches(doc, body):
            if running.stopping:
                break
            connection.request("POST", "/invocations", batch, headers)
            answer = connection.getresponse()
            content = answer.read()
            if answer.status >= 400:
                kind = "ClientError" if answer.status < 500 else "AlgorithmError"
                raise JobFailedError(
                    f"{kind}: {SEE_LOGS}: {file.name}: {answer.status} "
                    f"{content.decode('utf-8', 'replace')[:500]}"
                )
            answers.append(content)
    except (OSError, http.client.HTTPException) as error:
        raise JobFailedError(f"AlgorithmError: {SEE_LOGS}: {error}") from error
    finally:
        connection.close()
    if target.get("AssembleWith") != "Line":
        return b"".join(answers)
    return b"".join(answer.rstrip(b"\n") + b"\n" for answer in answers)


def batches(doc: Doc, body: bytes) -> Iterator[bytes]:
    """Cut an object into the requests that SplitType, BatchStrategy and MaxPayloadInMB ask for."""
    limit = doc.get("MaxPayloadInMB", 6) * 1024 * 1024
    if doc["TransformInput"].get("SplitType", "None") == "None":
        yield body
        return
    single = doc.get("BatchStrategy") == "SingleRecord"
    batch: list[bytes] = []
    size = 0
    for line in body.splitlines(keepends=True):
        if batch and (single or (limit and size + len(line) > limit)):
            yield b"".join(batch)
            batch, size = [], 0
        batch.append(line)
        size += len(line)
    if batch:
        yield b"".join(batch)
