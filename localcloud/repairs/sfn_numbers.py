"""Fault: whole numbers that JSONata computes leave an expression as `2.0`.

JSON of AWS's JSONata knows one kind of number: 4 / 2 is written `2`. An API that wants an integer
would refuse the other.
"""

from collections.abc import Callable
from typing import Any

from ministack.services import stepfunctions as sfn

from localcloud.repairs import base

_LARGEST_EXACT = 2**53


def whole(value: Any) -> Any:
    """Return a JSON value with its whole floats as integers."""
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) <= _LARGEST_EXACT else value
    if isinstance(value, dict):
        return {key: whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [whole(item) for item in value]
    return value


def _with_whole_numbers(original: Callable[..., Any]) -> Callable[..., Any]:
    def evaluate(*args: Any, **more: Any) -> Any:
        return whole(original(*args, **more))

    return evaluate


def install(_context: object) -> None:
    """Wrap ministack's evaluation of JSONata."""
    base.wrap(sfn, "_evaluate_jsonata", "ca80910a81391854", _with_whole_numbers)
