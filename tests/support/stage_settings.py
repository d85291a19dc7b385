"""`stages.yaml` as a dict, for tests that change one setting of it."""

from __future__ import annotations

import copy
from typing import Any

SERVERLESS = {"serverless": {"memory_mb": 2048, "max_concurrency": 5}}
INSTANCES = {"instances": {"type": "ml.m5.large", "count": 2}}


def stages(staging: dict[str, Any] | None = None, production: dict[str, Any] | None = None,
           **more: Any) -> dict[str, Any]:  # fmt: skip
    """Serverless staging and two instances in production, with `staging` and `production` added."""
    document = {
        "staging": {"endpoint": SERVERLESS, **(staging or {})},
        "production": {"endpoint": INSTANCES, **(production or {})},
        "approvals": {},
        **more,
    }
    return copy.deepcopy(document)
