"""What all tests share: the mark of their folder, and no sockets in unit tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

# Fifty examples keep the unit tests within seconds; a test that needs more says so itself.
settings.register_profile("slipway", max_examples=50, deadline=None)
settings.load_profile("slipway")

_TESTS = Path(__file__).parent
_KINDS = ("unit", "contract", "integration", "e2e")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by the folder it lies in; `-m unit` and `tests/unit` mean the same."""
    for item in items:
        kind = item.path.relative_to(_TESTS).parts[0]
        if kind in _KINDS:
            item.add_marker(getattr(pytest.mark, kind))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A unit test that opens a network socket fails; Unix sockets stay (asyncio needs them)."""
    if item.get_closest_marker("unit"):
        from pytest_socket import disable_socket

        disable_socket(allow_unix_socket=True)


def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Give sockets back to the kinds of tests that may use them."""
    if item.get_closest_marker("unit"):
        from pytest_socket import enable_socket

        enable_socket()
