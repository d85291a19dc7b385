"""Check requests and answers against botocore's own model of the service.

The wording follows SageMaker's front end, which collects all broken constraints of a request in one
``ValidationException``: "2 validation errors detected: Value … at … failed to satisfy …".
"""

import math
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

# Java's Unicode classes, as far as names need them; all above ASCII counts as a letter.
_JAVA_CLASSES = {
    "L": r"A-Za-z\u00aa-\U0010ffff",
    "M": r"\u0300-\u036f",
    "Z": r" \u00a0\u2000-\u200a\u2028\u2029\u202f\u205f\u3000",
    "N": r"0-9\u00b2-\u00be",
    "P": r"!-#%-*,-/:;?@\[-\]_{}",
    "S": r"$+<->^`|~",
    "Alnum": r"A-Za-z0-9",
}


@cache
def service_model(service: str) -> ServiceModel:
    """Botocore's model of ``service`` (its name for boto3), loaded on first use."""
    return ServiceModel(Loader().load_service_model(service, "service-2"))


def request_errors(shape: Shape, value: Any, path: str = "") -> list[str]:
    """Return what is wrong with a request, each as SageMaker's sentence; empty when it is right."""
    return list(_errors(shape, value, path, inbound=True))


def answer_errors(shape: Shape, value: Any, path: str = "") -> list[str]:
    """Return what is wrong with one of our own answers (unknown, missing or mistyped members)."""
    return list(_errors(shape, value, path, inbound=False))


class MistypedError(Exception):
    """A value has another JSON type than the model wants (AWS: ``SerializationException``)."""


def _errors(shape: Shape, value: Any, path: str, *, inbound: bool) -> Iterator[str]:
    if isinstance(shape, StructureShape):
        yield from _structure_errors(shape, value, path, inbound=inbound)
    elif isinstance(shape, ListShape):
        _expect(isinstance(value, list), value, "a list", path)
        yield from _length_errors(shape, value, path, inbound=inbound)
        for position, item in enumerate(value, start=1):
            member = f"{path}.{position}.member"
            yield from _errors(shape.member, item, member, inbound=inbound)
    elif isinstance(shape, MapShape):
        _expect(isinstance(value, dict), value, "a map", path)
        yield from _length_errors(shape, value, path, inbound=inbound)
        for key, item in value.items():
            yield from _errors(shape.key, key, path, inbound=inbound)
            yield from _errors(shape.value, item, f"{path}.{key}.member", inbound=inbound)
    else:
        yield from _scalar_errors(shape, value, path, inbound=inbound)


def _structure_errors(
    shape: StructureShape, value: Any, path: str, *, inbound: bool
) -> Iterator[str]:
    _expect(isinstance(value, dict), value, "a structure", path)
    for name in shape.required_members:
        if value.get(name) is None:
            yield (
                f"Value null at '{_member_path(path, name)}' failed to satisfy constraint: "
                "Member must not be null"
            )
    for name, item in value.items():
        member = shape.members.get(name)
        if member is None:
            yield f"Unknown member '{name}' at '{_member_path(path, name)}'"
        elif item is not None:
            yield from _errors(member, item, _member_path(path, name), inbound=inbound)


def _scalar_errors(shape: Shape, value: Any, path: str, *, inbound: bool) -> Iterator[str]:
    kind = shape.type_name
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "string":
        _expect(isinstance(value, str), value, "a String", path)
        yield from _string_errors(shape, value, path, inbound=inbound)
    elif kind in ("integer", "long"):
        _expect(number and float(value).is_integer(), value, "an Integer", path)
        yield from _range_errors(shape, value, path, inbound=inbound)
    elif kind in ("float", "double"):
        _expect(number and math.isfinite(value), value, "a Double", path)
        yield from _range_errors(shape, value, path, inbound=inbound)
    elif kind == "boolean":
        _expect(isinstance(value, bool), value, "a Boolean", path)
    elif kind == "timestamp":
        _expect(number, value, "a Date", path)


def _string_errors(shape: Shape, value: str, path: str, *, inbound: bool) -> Iterator[str]:
    choices = shape.metadata.get("enum")
    if choices and value not in choices:
        yield _failed(value, path, f"Member must satisfy enum value set: [{', '.join(choices)}]")
    if not inbound:
        return
    yield from _length_errors(shape, value, path, inbound=inbound)
    pattern = shape.metadata.get("pattern")
    compiled = _compiled(pattern) if pattern else None
    if compiled is not None and not compiled.fullmatch(value):
        yield _failed(value, path, f"Member must satisfy regular expression pattern: {pattern}")


def _length_errors(shape: Shape, value: Any, path: str, *, inbound: bool) -> Iterator[str]:
    if not inbound:
        return
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and len(value) < low:
        yield _failed(value, path, f"Member must have length greater than or equal to {low}")
    if high is not None and len(value) > high:
        yield _failed(value, path, f"Member must have length less than or equal to {high}")


def _range_errors(shape: Shape, value: float, path: str, *, inbound: bool) -> Iterator[str]:
    if not inbound:
        return
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and value < low:
        yield _failed(value, path, f"Member must have value greater than or equal to {low}")
    if high is not None and value > high:
        yield _failed(value, path, f"Member must have value less than or equal to {high}")


def _failed(value: Any, path: str, constraint: str) -> str:
    return f"Value '{value}' at '{path}' failed to satisfy constraint: {constraint}"


def _member_path(path: str, name: str) -> str:
    lowered = name[:1].lower() + name[1:]
    return f"{path}.{lowered}" if path else lowered


def _expect(fits: bool, value: Any, wanted: str, path: str) -> None:
    if not fits:
        raise MistypedError(f"{_json_type(value)} can not be converted to {wanted} (at '{path}')")


def _json_type(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE_VALUE" if value else "FALSE_VALUE"
    names = {str: "STRING_VALUE", int: "NUMBER_VALUE", float: "NUMBER_VALUE", list: "START_ARRAY"}
    return names.get(type(value), "START_OBJECT")


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """Compile a pattern of the model; None for the few that are valid in no dialect."""
    python = re.sub(r"\\p\{(\w+)\}", lambda found: _JAVA_CLASSES.get(found[1], ""), pattern)
    try:
        return re.compile(python)
    except re.error:
        return None
