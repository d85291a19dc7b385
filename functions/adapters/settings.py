"""A function's settings, read once from its environment when it starts."""

import os
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, TypeVar

T = TypeVar("T")


class SettingMissingError(RuntimeError):
    """A variable that template.yaml should have set is not there; the function does not start."""


def load(kind: type[T], environment: Mapping[str, str] | None = None) -> T:
    """A frozen dataclass of texts, each from the variable of its name in capitals.

    Raises `SettingMissingError` for a variable that is not set and has no default.
    """
    source = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    for item in fields(kind):  # type: ignore[arg-type]
        variable = item.name.upper()
        if variable in source:
            values[item.name] = source[variable]
        elif item.default is MISSING:
            raise SettingMissingError(f"the environment variable {variable} is not set")
    return kind(**values)
