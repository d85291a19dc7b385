"""The product's own adapters in this process, against a stack of a local cloud.

What only an event far away brings about, like a question of a release, is so asked with the very
mail and link that the deployed function writes, without the release.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from adapters import asking, aws
from adapters.settings import load
from tests.support.deployed import Deployed

_cloud = ""


@contextmanager
def inside(stack: Deployed, logical_id: str = "AskPromotionFunction") -> Iterator[asking.Settings]:
    """Within it, adapters call the stack's cloud; what is given is a function's own settings."""
    global _cloud
    found = stack.cloud.client("lambda").get_function_configuration(
        FunctionName=stack.resource(logical_id)
    )
    settings = load(asking.Settings, found["Environment"]["Variables"])
    if _cloud != stack.cloud.endpoint_url:
        # Clients are slow to make and are kept for as long as the cloud is the same.
        aws.client.cache_clear()
        aws._session.cache_clear()
        _cloud = stack.cloud.endpoint_url
    with patch.dict(os.environ, stack.cloud.env):
        yield settings
