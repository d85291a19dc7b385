"""Cold start of each page's function beside a bare boto3 start that makes the same calls.

    make bench-cold          (or: python -m bench.cold_start [--runs 9])

Each is started under AWS's runtime interface client (the package awslambdaric), from a new process
to its first answer. A stand-in for AWS on 127.0.0.1 answers at once, so that what is measured is
the start and not the network. Also timed: the same page again in the warm process.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "functions"))

from domain import links  # noqa: E402

KEY_ID, KEY = "0" * 36, "k" * 64
WARM = 5
SETTINGS = {
    "APPROVERS": "ada@example.com", "ARTIFACT_BUCKET": "bucket", "LEDGER_TABLE": "ledger",
    "LINK_SECRET_ARN": "links", "MODEL_PACKAGE_GROUP_NAME": "churn", "PROJECT_NAME": "churn",
    "PRODUCTION_ENDPOINT_NAME": "churn-production", "STAGING_ENDPOINT_NAME": "churn-staging",
    "POWERTOOLS_SERVICE_NAME": "slipway", "POWERTOOLS_METRICS_NAMESPACE": "Slipway",
    "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "x", "AWS_LAMBDA_FUNCTION_NAME": "page",
    "AWS_LAMBDA_FUNCTION_VERSION": "1", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
    "AWS_EC2_METADATA_DISABLED": "true",
}  # fmt: skip
TWO, THREE = "secretsmanager,dynamodb", "secretsmanager,dynamodb,sagemaker"
PAGES = {
    "show_approval": ("GET", "unknown", TWO),
    "decide_approval": ("POST", "unknown", TWO),
    "show_releases": ("GET", links.RELEASES, THREE),
}


@dataclass
class Lambda:
    """The runtime API for one process, and AWS for what it asks."""

    event: dict[str, Any]
    answers: list[float] = field(default_factory=list)
    asked: list[float] = field(default_factory=list)
    pid: int = 0
    cpu: float = 0.0
    done: threading.Event = field(default_factory=threading.Event)

    def serve(self) -> ThreadingHTTPServer:
        """Listen on a free port of 127.0.0.1."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server


def main() -> int:
    """Print a table; 1 when a page starts slower than bare boto3, 2 without awslambdaric."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    runs = parser.parse_args().runs
    if importlib.util.find_spec("awslambdaric") is None:
        print("awslambdaric is not installed for this Python: make bench-cold", file=sys.stderr)
        return 2
    print(f"{platform.platform()}, {os.cpu_count()} CPUs, Python {platform.python_version()}")
    print(f"{runs} starts each, medians; CPU time is until the first answer\n")
    print("page             wall ms   bare   cpu ms   bare   ratio   warm ms")
    slow = False
    for name, (method, subject, services) in PAGES.items():
        ours, bare = [], []
        for _ in range(runs):
            ours.append(_start(f"{name}.handler.handler", _event(method, subject), services))
            bare.append(_start("bare_boto3.handler", {}, services))
        wall, cpu, warm = (statistics.median(run[i] for run in ours) for i in range(3))
        bare_wall, bare_cpu = (statistics.median(run[i] for run in bare) for i in range(2))
        ratio = cpu / bare_cpu
        slow = slow or ratio > 1
        print(f"{name:16} {wall:7.0f} {bare_wall:6.0f} {cpu:8.0f} {bare_cpu:6.0f} {ratio:7.2f}"
              f" {warm:9.1f}")  # fmt: skip
    return int(slow)


def _start(handler: str, event: dict[str, Any], services: str) -> tuple[float, float, float]:
    """Milliseconds to the first answer, of processor until then, and of a warm request."""
    runtime = Lambda(event)
    server = runtime.serve()
    address = f"127.0.0.1:{server.server_address[1]}"
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PYTHON"))},
        **SETTINGS,
        "AWS_LAMBDA_RUNTIME_API": address,
        "AWS_ENDPOINT_URL": f"http://{address}",
        "BARE_SERVICES": services,
        "PYTHONPATH": f"{ROOT / 'functions'}:{ROOT / 'bench'}",
    }
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "awslambdaric", handler], env=environment, cwd=ROOT / "functions",
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    runtime.pid = process.pid
    try:
        if not runtime.done.wait(10):
            raise RuntimeError(f"{handler} gave no answer")
        warm = [b - a for a, b in zip(runtime.asked[1:], runtime.answers[1:], strict=False)]
    finally:
        process.kill()
        process.wait()
        server.shutdown()
    return (runtime.answers[0] - began) * 1000, runtime.cpu, statistics.median(warm) * 1000


def _cpu(pid: int) -> float:
    """Milliseconds of processor that a process's threads have used: nanoseconds, not ticks."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e6


def _event(method: str, subject: str) -> dict[str, Any]:
    until = int(time.time()) + 3600
    query = links.sign(KEY.encode(), KEY_ID, subject, "ada@example.com", until)
    return {
        "version": "2.0",
        "rawQueryString": query,
        "pathParameters": {"approval_id": subject},
        "headers": {"content-type": "application/x-www-form-urlencoded"},
        "body": "decision=approve" if method == "POST" else "",
        "requestContext": {"http": {"method": method, "sourceIp": "192.0.2.1", "userAgent": "x"}},
    }


def _handler(runtime: Lambda) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # An answer is written in two parts; the second must not wait for the first to be heard of.
        disable_nagle_algorithm = True

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            if len(runtime.answers) > WARM:
                runtime.done.set()
                time.sleep(60)
                return
            runtime.asked.append(time.monotonic())
            self._say(json.dumps(runtime.event), {
                "Lambda-Runtime-Aws-Request-Id": "1",
                "Lambda-Runtime-Deadline-Ms": str(int(time.time() * 1000) + 30_000),
                "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:1:function:page",
                "Lambda-Runtime-Trace-Id": "Root=1-00000000-000000000000000000000000",
                "Content-Type": "application/json",
            })  # fmt: skip

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            if "/runtime/" in self.path:
                runtime.answers.append(time.monotonic())
                runtime.cpu = runtime.cpu or _cpu(runtime.pid)
                self._say("{}", {}, 202)
                return
            operation = self.headers.get("x-amz-target", "").rpartition(".")[2]
            self._say(json.dumps(AWS.get(operation, {})), {})

        def _say(self, text: str, headers: dict[str, str], status: int = 200) -> None:
            body = text.encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    return Handler


AWS = {
    "GetSecretValue": {
        "ARN": "arn:aws:secretsmanager:us-east-1:1:secret:links",
        "VersionId": KEY_ID,
        "VersionStages": ["AWSCURRENT"],
        "SecretString": json.dumps({"key": KEY}),
    },
    "Query": {"Items": []},
    "ListModelPackages": {"ModelPackageSummaryList": []},
}

if __name__ == "__main__":
    sys.exit(main())
