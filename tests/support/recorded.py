"""Events as AWS and GitHub print them in their documents; copies lie in `tests/events/`."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "events"


@cache
def _read(name: str) -> dict[str, Any]:
    return dict(json.loads((FOLDER / f"{name}.json").read_text()))


def event(name: str, **detail: Any) -> dict[str, Any]:
    """A recorded event, with some members of its detail replaced (None removes one)."""
    found = copy.deepcopy(_read(name))
    for key, value in detail.items():
        if value is None:
            found["detail"].pop(key, None)
        else:
            found["detail"][key] = value
    return found
