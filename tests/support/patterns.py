"""EventBridge's matching, as far as the template's patterns use it.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether an event fits: every member of the pattern is in it, with one of the values."""
    return all(_member(rule, event.get(name), name in event) for name, rule in pattern.items())


def _member(rule: Any, value: Any, is_there: bool) -> bool:
    if isinstance(rule, Mapping):
        return isinstance(value, Mapping) and matches(rule, value)
    values = value if isinstance(value, list) else [value]
    return any(_fits(one, given, is_there) for one in rule for given in values)


def _fits(rule: Any, value: Any, is_there: bool) -> bool:
    if not isinstance(rule, Mapping):
        return is_there and bool(rule == value)
    ((operator, operand),) = rule.items()
    if operator == "exists":
        return bool(operand == is_there)
    if not is_there or not isinstance(value, str):
        return False
    if operator == "prefix":
        return value.startswith(operand)
    if operator == "suffix":
        return value.endswith(operand)
    if operator == "anything-but":
        return value not in (operand if isinstance(operand, list) else [operand])
    raise NotImplementedError(f"the operator {operator!r} is not in tests/support/patterns.py")
