"""Lambda environments that are forked: each on its own, quickly there, gone with the cloud."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.repairs.base_process import BaseProcess
from tests.integration.repairs.workflows import Workflows
from tests.support.waiting import wait_until

TELLS = """
import os, sys, time, subprocess
state = {"calls": 0}
def handler(event, context):
    state["calls"] += 1
    if event.get("sleep"):
        time.sleep(event["sleep"])
    if event.get("exit"):
        os._exit(3)
    listed = subprocess.run(["ls"], capture_output=True, text=True, check=True)
    print("said by", context.function_name)
    return {
        "pid": os.getpid(),
        "parent": os.getppid(),
        "calls": state["calls"],
        "mine": os.environ.get("MINE"),
        "main": sys.modules["__main__"].__file__,
        "listed": listed.stdout.split(),
        "repository": any(path == "/work" or "localcloud" in path for path in sys.path),
    }
"""
forked = pytest.mark.skipif(sys.platform != "linux", reason="environments are forked on Linux only")


def _ask(workflows: Workflows, function: str, **event: Any) -> dict[str, Any]:
    answer = workflows.base.client("lambda").invoke(
        FunctionName=function, Payload=json.dumps(event).encode()
    )
    return dict(json.loads(answer["Payload"].read()))


def test_an_environment_keeps_its_state_and_has_its_own_variables(workflows: Workflows) -> None:
    one = workflows.function(TELLS, Environment={"Variables": {"MINE": "one"}})
    two = workflows.function(TELLS, Environment={"Variables": {"MINE": "two"}})

    first, second, other = _ask(workflows, one), _ask(workflows, one), _ask(workflows, two)

    assert (first["calls"], second["calls"], other["calls"]) == (1, 2, 1)
    assert first["pid"] == second["pid"] != other["pid"]
    assert (first["mine"], other["mine"]) == ("one", "two")
    assert "app.py" in first["listed"]
    assert first["main"].endswith("_worker.py")
    assert first["repository"] is False


@forked
def test_environments_have_one_parent_that_is_not_the_cloud(workflows: Workflows) -> None:
    answers = [_ask(workflows, workflows.function(TELLS)) for _ in range(2)]

    parents = {answer["parent"] for answer in answers}
    assert len(parents) == 1
    assert "lambda_forkserver" in Path(f"/proc/{parents.pop()}/cmdline").read_text()


def test_an_environment_that_was_killed_is_replaced(workflows: Workflows) -> None:
    function = workflows.function(TELLS)
    client = workflows.base.client("lambda")
    client.update_function_configuration(FunctionName=function, Timeout=1)
    before = _ask(workflows, function)

    late = _ask(workflows, function, sleep=5)
    after_timeout = _ask(workflows, function)
    crashed = _ask(workflows, function, exit=True)
    after_crash = _ask(workflows, function)

    assert late["errorType"] == "Sandbox.Timedout"
    assert "errorType" in crashed
    assert len({before["pid"], after_timeout["pid"], after_crash["pid"]}) == 3


def test_what_a_function_prints_is_in_its_log(workflows: Workflows) -> None:
    function = workflows.function(TELLS)
    _ask(workflows, function)
    name = function.rpartition(":")[2]

    def lines() -> bool:
        events = workflows.base.client("logs").filter_log_events(
            logGroupName=f"/aws/lambda/{name}"
        )["events"]
        return any(f"said by {name}" in event["message"] for event in events)

    assert wait_until(lines, 10)


@forked
def test_environments_end_with_the_cloud(base_without: Callable[..., BaseProcess]) -> None:
    base = base_without()
    workflows = Workflows(base)
    pids = _ask(workflows, workflows.function(TELLS))

    base.kill()

    def gone() -> bool:
        return not any(Path(f"/proc/{pids[name]}/mem").exists() for name in ("pid", "parent"))

    assert wait_until(gone, 10)


LISTS = """
import os
def handler(event, context):
    return {name: os.listdir(os.environ[name]) for name in ("ALL", "PART")}
"""


def test_a_variable_that_names_opt_names_the_layers_files(workflows: Workflows) -> None:
    found = _ask(workflows, _with_layer(workflows))

    assert found == {"ALL": ["steps"], "PART": ["train.py"]}


def test_without_the_repair_a_layer_is_not_where_aws_puts_it(
    base_without: Callable[..., BaseProcess],
) -> None:
    workflows = Workflows(base_without("lambda_layers"))

    assert _ask(workflows, _with_layer(workflows)).get("PART") != ["train.py"]


def _with_layer(workflows: Workflows) -> str:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("steps/train.py", "")
    layer = workflows.base.client("lambda").publish_layer_version(
        LayerName="files", Content={"ZipFile": archive.getvalue()}
    )
    places = {"ALL": "/opt", "PART": "/opt/steps"}
    return workflows.function(
        LISTS, Layers=[layer["LayerVersionArn"]], Environment={"Variables": places}
    )
