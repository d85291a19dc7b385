"""A repaired base that the tests of a module share, and helpers to run state machines on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.repairs.base_process import BaseProcess
from tests.integration.repairs.workflows import Workflows


@pytest.fixture(scope="session")
def repaired(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BaseProcess]:
    base = BaseProcess(tmp_path_factory.mktemp("repaired"))
    yield base
    base.stop()


@pytest.fixture(scope="session")
def workflows(repaired: BaseProcess) -> Workflows:
    return Workflows(repaired)


@pytest.fixture
def base_without(tmp_path: Path) -> Iterator[object]:
    """Return a function that starts a base without the named repairs."""
    started: list[BaseProcess] = []

    def start(*names: str) -> BaseProcess:
        started.append(BaseProcess(tmp_path / "home", without=names))
        return started[-1]

    yield start
    for base in started:
        base.stop()
