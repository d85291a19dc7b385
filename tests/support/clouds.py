"""Local clouds for tests: short-lived, in a folder of the test, gone at its end."""

from __future__ import annotations

import io
import json
import subprocess
import urllib.error
import urllib.request
import zipfile
from typing import Any

from localcloud.cloud import RunningCloud


def get_json(url: str) -> Any:
    """GET `url` and return the JSON of its answer; raises urllib's HTTPError for 4xx and 5xx."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=30) as answer:
        return json.load(answer)


def status_of(url: str) -> int:
    """GET `url` and return the status of the answer, whatever it is."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def items(cloud: RunningCloud, table: str) -> list[dict[str, Any]]:
    """Return all items of a DynamoDB table."""
    found: list[dict[str, Any]] = cloud.client("dynamodb").scan(TableName=table)["Items"]
    return found


def make_function(cloud: RunningCloud, name: str, source: str) -> None:
    """Create a Lambda function, with a role of its own, from a module with a `handler`."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
    role = cloud.client("iam").create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{**trust, "Action": "sts:AssumeRole"}]}
        ),
    )
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr(zipfile.ZipInfo("app.py"), source)
    cloud.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="app.handler",
        Role=role["Role"]["Arn"],
        Code={"ZipFile": zipped.getvalue()},
    )


def descendants(pid: int) -> set[int]:
    """Return the processes that `pid` started, and those that they started."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True)
    pairs = [tuple(map(int, line.split())) for line in listed.stdout.splitlines()]
    found: set[int] = set()
    new = {pid}
    while new:
        new = {child for child, parent in pairs if parent in new} - found
        found |= new
    return found


def is_alive(pid: int) -> bool:
    """Say whether the process runs; one that has ended and was not waited for does not."""
    shown = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return shown.stdout.strip()[:1] not in ("", "Z")
