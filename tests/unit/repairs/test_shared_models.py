"""What the sessions of one process share, in an interpreter of its own: it changes botocore."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]
PROGRAM = """
import json, os, sys
import boto3, botocore.session
from botocore.loaders import JSONFileLoader

reads, listed = [], []
read, listdir = JSONFileLoader._load_file, os.listdir
def count_reads(self, path, opener):
    found = read(self, path, opener)
    if found is not None and "service-2" in path:
        reads.append(path)
    return found
def count_listings(path="."):
    listed.append(path)
    return listdir(path)
JSONFileLoader._load_file, os.listdir = count_reads, count_listings

if sys.argv[1] == "shared":
    from localcloud.repairs import shared_models
    shared_models.install(None)

def use():
    session = botocore.session.get_session()
    session.set_credentials("a", "b")
    client = session.create_client("secretsmanager", region_name="us-east-1")
    operations = sorted(client.meta.service_model.operation_names)
    boto3.session.Session("a", "b", region_name="us-east-1").client("secretsmanager")
    return operations

first = use()
before = len(reads), len(listed)
second = use()
print(json.dumps({
    "the same": first == second and len(first) > 10,
    "times each": len(reads) / len(set(reads)),
    "read again": len(reads) - before[0],
    "listed again": len(listed) - before[1],
}))
"""


def _told(how: str) -> dict[str, float]:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, how],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(json.loads(ran.stdout))


@pytest.mark.parametrize(
    ("how", "times", "again"), [("shared", 1, False), ("each", 4, True)], ids=["shared", "without"]
)
def test_a_process_reads_each_model_once(how: str, times: int, again: bool) -> None:
    told = _told(how)
    assert told["the same"]
    assert told["times each"] == times
    assert bool(told["read again"]) == again
    assert (told["listed again"] > 300) == again, "a search looks into each service's folder"
