"""Parameters of a pipeline: types, defaults, allowed values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

TYPES = ("String", "Integer", "Float", "Boolean")


@dataclass(frozen=True)
class Parameter:
    """One declared parameter; ``default`` is None where a value must be given."""

    name: str
    type: str
    default: Any = None
    allowed: tuple[Any, ...] = ()

    @classmethod
    def from_definition(cls, entry: Any) -> Parameter:
        """Read one entry of ``Parameters``. Raises ValueError."""
        name = entry.get("Name") if isinstance(entry, dict) else None
        if not isinstance(name, str) or not name:
            raise ValueError(f"a parameter has no Name: {entry!r}")
        kind = entry.get("Type")
        if kind not in TYPES:
            raise ValueError(f"parameter '{name}': '{kind}' is not one of {', '.join(TYPES)}")
        parameter = cls(name, kind, None, tuple(entry.get("EnumValues") or ()))
        if entry.get("DefaultValue") is None:
            return parameter
        return cls(name, kind, parameter.read(entry["DefaultValue"]), parameter.allowed)

    def read(self, value: Any) -> Any:
        """A given value (a text, in the API) in the parameter's type. Raises ValueError."""
        try:
            read = self._convert(value)
        except (TypeError, ValueError):
            raise ValueError(
                f"parameter '{self.name}': {value!r} is not a value of type {self.type}"
            ) from None
        if self.allowed and read not in self.allowed:
            known = ", ".join(map(str, self.allowed))
            raise ValueError(f"parameter '{self.name}': {value!r} is not one of {known}")
        return read

    def _convert(self, value: Any) -> Any:
        if self.type == "String":
            if not isinstance(value, str):
                raise TypeError
            return value
        if self.type == "Boolean":
            return (
                {"true": True, "false": False}[str(value).lower()] if _is_boolean(value) else _no()
            )
        if isinstance(value, bool):
            raise TypeError
        if self.type == "Integer":
            return int(value) if not isinstance(value, float) or value.is_integer() else _no()
        return float(value)


def _is_boolean(value: Any) -> bool:
    return str(value).lower() in ("true", "false")


def _no() -> Any:
    raise ValueError


def given_values(
    declared: Mapping[str, Parameter], given: Iterable[Mapping[str, str]]
) -> dict[str, Any]:
    """The value of every declared parameter, from ``[{"Name": …, "Value": …}]`` and the defaults.

    Raises ValueError, in SageMaker's wording where it is known, for unknown, missing and unfit
    ones.
    """
    values = {name: parameter.default for name, parameter in declared.items()}
    texts = {entry["Name"]: entry.get("Value") for entry in given}
    unknown = sorted(set(texts) - set(declared))
    if unknown:
        raise ValueError(f"Unknown parameters: [{', '.join(unknown)}]")
    for name, text in texts.items():
        values[name] = declared[name].read(text)
    missing = sorted(name for name, value in values.items() if value is None)
    if missing:
        raise ValueError(f"Missing parameters: [{', '.join(missing)}]")
    return values
