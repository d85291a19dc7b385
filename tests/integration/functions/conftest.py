"""A fresh world for each test."""

from collections.abc import Iterator

import pytest

from tests.support import product
from tests.support.product import World


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The product's data on moto."""
    with product.world(monkeypatch) as found:
        yield found
