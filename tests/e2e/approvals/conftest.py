"""One local cloud with a trained version, for the tests of approvals."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from localcloud import logs
from tests.support.desk import Desk
from tests.support.desk import desk as started


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The deployed stack, a version to review, and a way to ask about more of them."""
    home = tmp_path_factory.mktemp("approvals")
    with started(home) as made:
        yield made
        logs.save(made.cloud, home / "logs")
