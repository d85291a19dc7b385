"""The staging test by hand: serve a model, send it the golden set and bad requests, judge answers.

The same requests and the same judgement as Slipway's own test, without endpoint, events or Lambda.
"""

from __future__ import annotations

import http.client
import shutil
import sys
import tarfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path += [str(ROOT), str(ROOT / "functions")]

from domain import golden as golden_set  # noqa: E402
from domain.endpoint_checks import judge  # noqa: E402
from domain.observed import Answer, Observed, Probe  # noqa: E402
from domain.stages import parse_stages  # noqa: E402
from localcloud.sagemaker.endpoints.server import SERVING  # noqa: E402
from localcloud.sagemaker.jobs.container import Container  # noqa: E402
from pipeline_def.project import Project  # noqa: E402

BATCH = 200
_START_SECONDS = 30
# Early 3.11 knows no filters.
_SAFELY: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}


@contextmanager
def serving(artifact: Path, folder: Path, python: Path) -> Iterator[int]:
    """Serve a model.tar.gz as its container would; gives the port once it answers."""
    shutil.rmtree(folder, ignore_errors=True)
    model = folder / "ml" / "model"
    model.mkdir(parents=True)
    with tarfile.open(artifact) as archive:
        archive.extractall(model, **_SAFELY)
    port_file = folder / "home" / "port"
    port_file.parent.mkdir()
    environment = {
        "OMP_NUM_THREADS": "1",
        "SAGEMAKER_PROGRAM": "inference.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
        "SLIPWAY_PORT_FILE": str(port_file),
    }
    container = Container(folder, python)
    command = ["python", str(SERVING)]
    thread = threading.Thread(target=container.run, args=(command, environment, lambda _: None))
    thread.start()
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not (port_file.exists() and port_file.read_text()):
            if time.monotonic() > deadline or not thread.is_alive():
                raise RuntimeError("the model's server did not start")
            time.sleep(0.005)
        yield int(port_file.read_text())
    finally:
        container.stop(2.0)
        thread.join()


def staging_test(port: int, home: Path, project: Project) -> dict[str, Any]:
    """Send what the staging test sends; return its report."""
    limits = parse_stages(project.stages).staging.tests
    names = ("requests.csv", "expected.csv", "golden.json")
    golden = golden_set.parse_golden(*((home / "golden" / name).read_bytes() for name in names))
    bodies = [body.encode() for body in golden_set.batches(golden.rows, BATCH)]
    rows = [row.encode() for row in golden.rows]
    singles = [rows[index % len(rows)] for index in range(limits.requests)]
    bad = (
        ("malformed", b"not,a,row", "text/csv"),
        ("cut off", rows[0].rsplit(b",", 2)[0], "text/csv"),
        ("empty", b"", "text/csv"),
        ("of another type", b"\x89PNG", "image/png"),
        ("too long", b",".join([b"1"] * 1000), "text/csv"),
    )
    digest = sha256((home / "artifact" / "model.tar.gz").read_bytes()).hexdigest()
    seen = Observed(
        golden=golden,
        scored=_many(port, bodies, limits.concurrency),
        repeated=_many(port, bodies[:1], 1),
        single=_many(port, singles, limits.concurrency),
        probes=[Probe(name, repr(body), _one(port, body, kind)) for name, body, kind in bad],
        alive_after=_one(port, rows[0]),
        artifact_sha256=digest,
        registered_sha256=digest,
        concurrency=limits.concurrency,
    )
    return judge(seen, limits, "by hand", "")


_connections = threading.local()


def _one(port: int, body: bytes, content_type: str = "text/csv") -> Answer:
    started = time.perf_counter()
    if getattr(_connections, "port", None) != port:
        _connections.port = port
        _connections.open = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Content-Type": content_type, "Accept": "text/csv"}
    _connections.open.request("POST", "/invocations", body, headers)
    answer = _connections.open.getresponse()
    text = answer.read().decode(errors="replace")
    return Answer(answer.status, text, (time.perf_counter() - started) * 1000)


def _many(port: int, bodies: Sequence[bytes], concurrency: int) -> list[Answer]:
    with ThreadPoolExecutor(concurrency) as pool:
        return list(pool.map(lambda body: _one(port, body), bodies))
