"""The conditions of a Condition step: comparisons, and And, Or, Not, In around them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "Equals": lambda left, right: bool(left == right),
    "GreaterThan": lambda left, right: bool(left > right),
    "GreaterThanOrEqualTo": lambda left, right: bool(left >= right),
    "LessThan": lambda left, right: bool(left < right),
    "LessThanOrEqualTo": lambda left, right: bool(left <= right),
}


class ConditionError(Exception):
    """A condition is not one, or compares what cannot be compared; the text names it."""


def holds(condition: Any, resolve: Callable[[Any], Any]) -> bool:
    """Whether one condition is met; ``resolve`` turns references into values. Raises
    ConditionError.
    """
    kind = str(condition.get("Type")) if isinstance(condition, dict) else ""
    try:
        if kind == "Not":
            return not holds(condition["Expression"], resolve)
        if kind == "Or":
            return any(holds(inner, resolve) for inner in condition["Conditions"])
        if kind == "And":
            return all(holds(inner, resolve) for inner in condition["Conditions"])
        if kind == "In":
            values = [resolve(value) for value in condition["Values"]]
            return any(_equal(resolve(condition["QueryValue"]), value) for value in values)
        if kind in _COMPARE:
            return _compare(kind, resolve(condition["LeftValue"]), resolve(condition["RightValue"]))
    except KeyError as error:
        raise ConditionError(f"the condition {kind} has no {error}") from error
    raise ConditionError(f"'{kind}' is no type of condition")


def _compare(kind: str, left: Any, right: Any) -> bool:
    left, right = _as_numbers(left, right)
    try:
        return _COMPARE[kind](left, right)
    except TypeError:
        raise ConditionError(f"{kind} cannot compare {left!r} with {right!r}") from None


def _equal(left: Any, right: Any) -> bool:
    left, right = _as_numbers(left, right)
    return bool(left == right)


def _as_numbers(left: Any, right: Any) -> tuple[Any, Any]:
    """A number beside a text that reads as one: both as numbers (a joined value is a text)."""
    for text, other in ((left, right), (right, left)):
        if isinstance(text, str) and isinstance(other, int | float) and not isinstance(other, bool):
            try:
                return float(left), float(right)
            except ValueError:
                break
    return left, right
