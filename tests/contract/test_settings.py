"""Every variable of the template is a setting of its function, and every setting is a variable."""

import dataclasses
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from adapters.settings import SettingMissingError, load
from tests.support import template

ROOT = Path(__file__).parents[2]
FUNCTIONS = template.functions()
# Lambda itself sets these.
OF_LAMBDA = {"AWS_REGION": "us-east-1"}
# These share `asking.Settings` and write mails alone: Slack is told by those who ask and settle.
MAILS_ALONE = {
    "SendNoticeFunction", "CloseReleaseFunction", "EndReleaseFunction", "ReportMonitorFunction",
}  # fmt: skip
OF_SLACK = {"SLACK_API_URL", "SLACK_SECRET_ARN"}


@pytest.fixture(params=FUNCTIONS, name="name")
def _name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def _environment(name: str) -> dict[str, str]:
    return template.environment(FUNCTIONS[name]) | OF_LAMBDA


def _handler(name: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The handler's module as it starts with the template's environment."""
    for variable, value in _environment(name).items():
        monkeypatch.setenv(variable, value)
    module = f"{template.folder(name)}.handler"
    monkeypatch.delitem(sys.modules, module, raising=False)
    return importlib.import_module(module)


def test_a_function_starts_with_what_the_template_sets(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = _handler(name, monkeypatch)

    assert callable(module.handler)


def test_every_setting_is_a_variable_of_the_function(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also those with a default: nothing runs with a value that nobody chose."""
    settings = getattr(_handler(name, monkeypatch), "settings", None)
    if settings is not None:
        wanted = {field.name.upper() for field in dataclasses.fields(settings)}
        missing = wanted - set(_environment(name)) - (OF_SLACK if name in MAILS_ALONE else set())
        assert not missing, f"{name} is not given {sorted(missing)}"


def test_every_variable_of_the_function_is_a_setting(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = getattr(_handler(name, monkeypatch), "settings", None)
    known = {field.name.upper() for field in dataclasses.fields(settings)} if settings else set()

    unused = {v for v in template.own(FUNCTIONS[name]) if not v.startswith(("POWERTOOLS_", "AWS_"))}
    assert unused <= known, f"{name} does not read {sorted(unused - known)}"


def test_a_function_without_one_of_its_variables_does_not_start(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = getattr(_handler(name, monkeypatch), "settings", None)
    if settings is None:
        return
    needed = [f.name for f in dataclasses.fields(settings) if f.default is dataclasses.MISSING]
    environment = _environment(name)
    del environment[needed[0].upper()]

    with pytest.raises(SettingMissingError, match=needed[0].upper()):
        load(type(settings), environment)


PROBE = """
import importlib, json, os, sys
found = {}
for name, environment in json.loads(sys.argv[1]).items():
    os.environ.update(environment)
    before = set(sys.modules)
    importlib.import_module(name)
    found[name] = sorted(set(sys.modules) - before)
print(json.dumps(found))
"""
# Powertools itself imports the bare name `botocore`, which costs nothing.
SLOW = {
    "boto3", "botocore.client", "botocore.exceptions", "botocore.session", "jinja2", "numpy",
    "pandas", "pydantic", "requests", "sagemaker",
}  # fmt: skip


def test_no_function_pays_for_aws_before_it_asks_for_it() -> None:
    """boto3 costs a cold start 0.2 s; a function that ignores its event has made no client."""
    asked = {f"{template.folder(n)}.handler": _environment(n) for n in FUNCTIONS}
    done = subprocess.run(
        [sys.executable, "-c", PROBE, json.dumps(asked)],
        env={"PYTHONPATH": str(ROOT / "functions"), "PATH": os.environ["PATH"]},
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip

    loaded = {name: SLOW & set(modules) for name, modules in json.loads(done.stdout).items()}
    assert {name: slow for name, slow in loaded.items() if slow} == {}


def test_a_page_starts_without_what_only_its_button_needs() -> None:
    """A person waits for the page; bench/cold_start.py measures it against bare boto3."""
    asked = {"show_approval.handler": _environment("ShowApprovalFunction")}
    done = subprocess.run(
        [sys.executable, "-c", PROBE, json.dumps(asked)],
        env={"PYTHONPATH": str(ROOT / "functions"), "PATH": os.environ["PATH"]},
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip

    loaded = set(json.loads(done.stdout)["show_approval.handler"])
    assert "adapters.reviewing" in loaded
    assert not loaded & {
        "adapters.saying",
        "adapters.effects",
        "adapters.turns",
        "adapters.attempts",
    }
