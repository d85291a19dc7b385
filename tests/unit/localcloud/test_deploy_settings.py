"""The local cloud is deployed with the settings that SAM itself would read."""

from __future__ import annotations

from pathlib import Path

import pytest

from localcloud.cloudformation.definitions import to_json
from localcloud.deploy import DeployError, settings

LIST = """
version = 0.1
[local.global.parameters]
stack_name = "s"
[local.deploy.parameters]
parameter_overrides = ["A=1", "B=two words"]
"""


def test_parameters_may_be_a_list(tmp_path: Path) -> None:
    (tmp_path / "samconfig.toml").write_text(LIST)
    found = settings(tmp_path / "samconfig.toml")
    assert (found.stack_name, found.parameters) == ("s", {"A": "1", "B": "two words"})


def test_parameters_may_be_one_string(tmp_path: Path) -> None:
    text = LIST.replace('["A=1", "B=two words"]', "'A=1 B=\"two words\"'")
    (tmp_path / "samconfig.toml").write_text(text)
    found = settings(tmp_path / "samconfig.toml")
    assert found.parameters == {"A": "1", "B": "two words"}


def test_an_environment_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "samconfig.toml").write_text(LIST)
    with pytest.raises(DeployError, match=r"samconfig\.toml has no 'prod' for prod"):
        settings(tmp_path / "samconfig.toml", "prod")


def test_a_state_machine_in_yaml_becomes_json() -> None:
    assert to_json("StartAt: A\nStates:\n  A: {Type: Succeed}\n") == (
        '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}'
    )


def test_a_state_machine_in_json_stays_as_it_is() -> None:
    assert to_json(' {"StartAt":"A"}') == ' {"StartAt":"A"}'
