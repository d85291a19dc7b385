"""A function's settings, read once from its environment when it starts."""

import os
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, TypeVar

T = TypeVar("T")


class SettingMissingError(RuntimeError):
    """A variable that template.yaml should have set is not there; the function does not start."""


@dataclass(frozen=True)
class Reaching:
    """Settings of a function that calls AWS about an endpoint: production may lie elsewhere."""

    production_endpoint_name: str
    production_role_arn: str

    def role_at(self, endpoint: str) -> str:
        """The role that calls about an endpoint are made under; empty for the function's own."""
        return self.production_role_arn if endpoint == self.production_endpoint_name else ""


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
