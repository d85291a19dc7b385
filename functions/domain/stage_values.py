"""Reading the values of `stages.yaml`: each wrong one is refused by its name, with the mend."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from domain.errors import InvalidSettingsError

T = TypeVar("T")


def record(where: str, raw: Any, kind: Callable[..., T]) -> T:
    """A flat dataclass of figures: whole ones from 1, as an alarm at 0 would always be raised."""
    spec = mapping(where, raw)
    figures = getattr(kind, "__dataclass_fields__", {})
    known(where, spec, set(figures))
    for key, value in spec.items():
        if figures[key].type is int:
            integer(f"{where}.{key}", value, 1, 10**9)
        elif isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise InvalidSettingsError(f"stages.yaml: {where}.{key} is {value!r}; a number from 0")
    return kind(**spec)


def reader(where: str, spec: Mapping[str, Any]) -> Callable[[str, int, int, int], int]:
    """Reads whole numbers of `spec`: name, default, lowest, highest."""

    def number(key: str, default: int, low: int, high: int) -> int:
        return integer(f"{where}.{key}", spec.get(key, default), low, high)

    return number


def integer(where: str, value: Any, low: int, high: int) -> int:
    """`value` as a whole number from `low` to `high`; yes and no are no numbers."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InvalidSettingsError(
            f"stages.yaml: {where} is {value!r}; a whole number from {low} to {high} is needed"
        )
    return value


def mapping(where: str, raw: Any) -> Mapping[str, Any]:
    """`raw` as a group of settings."""
    if not isinstance(raw, Mapping):
        raise InvalidSettingsError(
            f"stages.yaml: {where} is {raw!r}; a group of settings is needed"
        )
    return raw


def known(where: str, raw: Mapping[str, Any], allowed: set[str]) -> None:
    """Refuse a setting that is not among `allowed`: it is misspelt, and would do nothing."""
    unknown = sorted(str(key) for key in set(raw) - allowed)
    if unknown:
        raise InvalidSettingsError(
            f"stages.yaml: {where} has the unknown setting {unknown[0]!r}; "
            f"known are {', '.join(sorted(allowed))}"
        )
