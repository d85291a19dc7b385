"""Local clouds start, stand side by side, refuse what cannot be, and leave nothing behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
from pathlib import Path

import pytest

from localcloud import cloud as clouds
from localcloud.application import bring_up, generated_table
from localcloud.cloud import CloudError, RunningCloud
from tests.support.clouds import descendants, get_json, is_alive, make_function
from tests.support.waiting import wait_until

needs_proc = pytest.mark.skipif(not Path("/proc").exists(), reason="reads Linux's /proc")

ECHO = "import os\ndef handler(event, context):\n    return {'pid': os.getpid()}\n"


def _invoke(cloud: RunningCloud) -> int:
    """Return the process id of the function's own process, which exists after this call."""
    make_function(cloud, "echo", ECHO)
    answer = cloud.client("lambda").invoke(FunctionName="echo")
    pid: int = json.load(answer["Payload"])["pid"]
    return pid


def test_stopping_ends_every_process_and_leaves_only_records(tmp_path: Path) -> None:
    cloud = clouds.start(tmp_path)
    pids = {cloud.pid, _invoke(cloud)}
    assert pids - {cloud.pid} <= descendants(cloud.pid)
    cloud.stop()
    wait_until(lambda: not any(map(is_alive, pids)), timeout=10)
    assert not (tmp_path / "cloud.json").exists()
    assert not (tmp_path / "tmp").exists()
    assert (tmp_path / "logs" / "cloud.log").exists()


@needs_proc
def test_it_listens_on_the_loopback_interface_only(tmp_path: Path) -> None:
    with clouds.start(tmp_path) as cloud:
        listening = set(_listening_addresses(cloud.pid))
    assert listening == {f"127.0.0.1:{cloud.context.port}", f"127.0.0.1:{cloud.context.api_port}"}


def _listening_addresses(pid: int) -> list[str]:
    """Read the sockets of one process from /proc (Linux): `state 0A` is listening."""
    inodes = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        target = os.readlink(entry)
        if target.startswith("socket:"):
            inodes.add(target[8:-1])
    found = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                address, port = fields[1].split(":")
                parts = [str(int(address[at : at + 2], 16)) for at in range(0, len(address), 2)]
                found.append(f"{'.'.join(reversed(parts))}:{int(port, 16)}")
    return found


def test_two_clouds_stand_side_by_side_and_share_nothing(tmp_path: Path) -> None:
    with clouds.start(tmp_path / "a") as one, clouds.start(tmp_path / "b") as two:
        one.client("s3").create_bucket(Bucket="only-in-one")
        assert two.client("s3").list_buckets()["Buckets"] == []


def test_a_second_cloud_in_the_same_home_is_refused(tmp_path: Path) -> None:
    with clouds.start(tmp_path), pytest.raises(CloudError, match="another local cloud is running"):
        clouds.start(tmp_path)


def test_a_taken_port_is_one_clear_line_and_no_process(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CloudError, match=rf"^port {port} on 127\.0\.0\.1 cannot be used .*$"):
            clouds.start(tmp_path, port=port)
    assert not (tmp_path / "cloud.json").exists()


def test_a_running_cloud_is_found_by_its_home(tmp_path: Path) -> None:
    assert clouds.attach(tmp_path) is None
    with clouds.start(tmp_path) as cloud:
        found = clouds.attach(tmp_path)
        assert found is not None
        assert (found.endpoint_url, found.pid) == (cloud.endpoint_url, cloud.pid)
    assert clouds.attach(tmp_path) is None


def test_the_region_of_the_user_is_the_region_of_the_cloud(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with clouds.start(tmp_path) as cloud:
        arn = cloud.client("sns").create_topic(Name="here")["TopicArn"]
    assert arn.startswith("arn:aws:sns:eu-central-1:")


def test_before_anything_is_deployed_the_api_port_says_so(tmp_path: Path) -> None:
    with clouds.start(tmp_path) as cloud, pytest.raises(urllib.error.HTTPError) as refused:
        get_json(cloud.api_url)
    assert refused.value.code == 503


PARENT = """
import pathlib, sys, time
from localcloud import cloud as clouds
from tests.integration.localcloud.test_cloud import _invoke, _running
cloud = clouds.start(pathlib.Path(sys.argv[1]))
print(cloud.pid, _invoke(cloud), *_running(cloud.pid, "forkserver.py"), flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("victim", ["parent", "cloud"])
def test_nothing_survives_a_killed_process(tmp_path: Path, victim: str) -> None:
    root = Path(__file__).parents[3]
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)],
        cwd=root,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert parent.stdout is not None
    pids = [int(word) for word in parent.stdout.readline().split()]
    try:
        assert all(map(is_alive, pids))
        if sys.platform == "linux":
            assert len(pids) >= 4, "the processes that fork environments and jobs are watched too"
        os.kill(parent.pid if victim == "parent" else pids[0], signal.SIGKILL)
        wait_until(lambda: not any(map(is_alive, pids)), timeout=15)
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()


@needs_proc
def test_an_idle_cloud_with_slipway_deployed_takes_less_than_400_megabytes(tmp_path: Path) -> None:
    with clouds.start(tmp_path / "cloud") as cloud:
        bring_up(cloud, generated_table(tmp_path / "table", 200, 7), tmp_path / "models")
        cloud.client("sagemaker").list_models()
        wait_until(lambda: _has_loaded(cloud.pid, "/jobs/forkserver.py", "libxgboost"), timeout=60)
        used = sum(_proportional_set_size(pid) for pid in {cloud.pid, *descendants(cloud.pid)})
    assert used < 400_000


def _has_loaded(cloud: int, program: str, library: str) -> bool:
    """Say whether a program that the cloud has started has loaded a shared library."""
    return any(library in _of_process(pid, "maps") for pid in _running(cloud, program))


def _running(cloud: int, program: str) -> set[int]:
    """Return the processes below a cloud whose command line names `program` (Linux)."""
    return {pid for pid in descendants(cloud) if program in _of_process(pid, "cmdline")}


def _of_process(pid: int, file: str) -> str:
    try:
        return Path(f"/proc/{pid}/{file}").read_text()
    except OSError:  # it has ended
        return ""


def _proportional_set_size(pid: int) -> int:
    """Return the memory of a process in kB, shared pages divided by those who share (Linux)."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))


WHERE = "import os\ndef handler(event, context):\n    return {'file': os.path.realpath(__file__)}\n"


def test_functions_with_the_same_zip_run_from_the_same_files(tmp_path: Path) -> None:
    with clouds.start(tmp_path) as cloud:
        found = set()
        for name in ("one", "two"):
            make_function(cloud, name, WHERE)
            answer = cloud.client("lambda").invoke(FunctionName=name)
            found.add(json.load(answer["Payload"])["file"])
    assert len(found) == 1
