"""A repair refuses to be laid over a base that changed, and says what it stands for."""

from __future__ import annotations

import ast
import types
from pathlib import Path

import pytest

from localcloud import repairs
from localcloud.repairs import base

FOLDER = Path(repairs.__file__).parent
SHARED = {"__init__", "base", "sfn_control", "lambda_forkserver"}


def _module() -> types.SimpleNamespace:
    def greet() -> str:
        return "hello"

    return types.SimpleNamespace(__name__="ministack.somewhere", greet=greet)


def test_a_part_that_changed_is_named_with_what_to_do() -> None:
    with pytest.raises(base.BaseChangedError) as refused:
        base.replace(_module(), "greet", "0123456789abcdef", lambda: "bye")

    text = str(refused.value)
    assert "ministack.somewhere.greet" in text
    assert "0123456789abcdef" in text
    assert "localcloud/repairs" in text


def test_a_part_that_is_gone_is_named() -> None:
    with pytest.raises(base.BaseChangedError, match=r"ministack\.somewhere\.vanished is missing"):
        base.expect(_module(), "vanished", "0123456789abcdef")


def test_a_known_part_is_wrapped() -> None:
    module = _module()
    digest = base.source_digest(module.greet)

    base.wrap(module, "greet", digest, lambda original: lambda: original() + "!")

    assert module.greet() == "hello!"


def test_white_space_is_no_change() -> None:
    assert base.source_digest("a = 1\n\n  b") == base.source_digest("a = 1 b")
    assert base.source_digest("a = 1") != base.source_digest("a = 2")


def test_every_repair_is_applied() -> None:
    files = {path.stem for path in FOLDER.glob("*.py")} - SHARED

    assert files == set(repairs.NAMES)


@pytest.mark.parametrize("name", repairs.NAMES)
def test_a_repair_names_its_fault_and_checks_what_it_replaces(name: str) -> None:
    source = (FOLDER / f"{name}.py").read_text()

    assert "fault" in (ast.get_docstring(ast.parse(source)) or "").lower()
    assert "base." in source
    assert '"?"' not in source
