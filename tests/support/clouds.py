"""Local clouds for tests: short-lived, in a folder of the test, gone at its end."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from localcloud.cloud import RunningCloud


def get_json(url: str) -> Any:
    """GET `url` and return the JSON of its answer; raises urllib's HTTPError for 4xx and 5xx."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=30) as answer:
        return json.load(answer)


def items(cloud: RunningCloud, table: str) -> list[dict[str, Any]]:
    """Return all items of a DynamoDB table."""
    found: list[dict[str, Any]] = cloud.client("dynamodb").scan(TableName=table)["Items"]
    return found
