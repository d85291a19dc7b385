"""A steady client in its own process: so many requests a second, whatever the answers are.

Its log has one JSON line a request: `at` (epoch seconds when it was sent), `odd` (whether it was
the row that few customers send), `status`, `score` (None unless answered) and `ms`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
ODD_EVERY = 5


@dataclass(frozen=True)
class Call:
    """One request and what came of it."""

    at: float
    odd: bool
    status: int
    score: float | None
    ms: float


class Steady:
    """The running client; use as a context manager. `calls` reads its log at any time."""

    def __init__(
        self,
        endpoint: str,
        rows: Sequence[str],
        log: Path,
        environment: Mapping[str, str],
        rate: int = 50,
    ) -> None:
        self.log, self.rate = log, rate
        spec = {"endpoint": endpoint, "rows": list(rows), "rate": rate, "log": str(log)}
        self._command = [sys.executable, "-m", "tests.support.steady", json.dumps(spec)]
        self._environment = {**environment, "PYTHONPATH": str(ROOT)}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Steady:
        self._process = subprocess.Popen(
            self._command, cwd=ROOT, env=self._environment, stdin=subprocess.PIPE
        )
        wait_until(lambda: len(self.calls) >= self.rate // 2)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.close()
        assert self._process.wait(60) == 0, "the steady client ended badly"

    def goes_on(self, count: int = 60) -> None:
        """Wait until so many requests that were sent from now on have been answered."""
        now = time.time()
        wait_until(lambda: sum(call.at >= now for call in self.calls) >= count)

    @property
    def calls(self) -> list[Call]:
        """What was answered until now, in the order of sending."""
        if not self.log.exists():
            return []
        lines = self.log.read_text().split("\n")[:-1]
        return sorted((Call(**json.loads(line)) for line in lines), key=lambda call: call.at)


def _run(spec: Mapping[str, Any]) -> None:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    config = Config(retries={"total_max_attempts": 1}, max_pool_connections=64, read_timeout=70)
    runtime = boto3.client("sagemaker-runtime", config=config)
    over, lock = threading.Event(), threading.Lock()
    threading.Thread(target=lambda: (sys.stdin.buffer.read(), over.set()), daemon=True).start()

    def send(index: int, log: Any) -> None:
        odd = index % ODD_EVERY == 0
        at, began, score = time.time(), time.perf_counter(), None
        try:
            answer = runtime.invoke_endpoint(
                EndpointName=spec["endpoint"], ContentType="text/csv", Accept="text/csv",
                Body=spec["rows"][int(odd)],
            )  # fmt: skip
            score, status = float(answer["Body"].read()), 200
        except ClientError as error:
            status = int(
                error.response.get("OriginalStatusCode")
                or error.response["ResponseMetadata"]["HTTPStatusCode"]
            )
        except (BotoCoreError, ValueError):
            status = 0
        ms = (time.perf_counter() - began) * 1000
        with lock:
            log.write(json.dumps(vars(Call(at, odd, status, score, ms))) + "\n")
            log.flush()

    with Path(spec["log"]).open("a") as log, ThreadPoolExecutor(32) as pool:
        began, index = time.monotonic(), 0
        while not over.wait(max(0.0, began + index / spec["rate"] - time.monotonic())):
            pool.submit(send, index, log)
            index += 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("spec", type=json.loads)
    _run(parser.parse_args().spec)
