"""What a definition's arguments may contain beside plain JSON: references and functions.

``{"Get": "Parameters.X"}``, ``{"Get": "Execution.X"}``, ``{"Get": "Steps.S.Path[0]['name']"}``,
``{"Std:Join": {"On": …, "Values": […]}}`` and ``{"Std:JsonGet": {"PropertyFile": …, "Path": …}}``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_TOKEN = re.compile(r"\.?([^.\[\]'\"]+)|\[(\d+)\]|\['([^']*)'\]|\[\"([^\"]*)\"\]")
_NAMES = ("OutputName", "InputName", "ChannelName", "PropertyFileName", "Name", "Key")
"""By which member ``Outputs['train']`` finds its entry in a list."""

Tokens = tuple[str | int, ...]
EXECUTION_VARIABLES = (
    "PipelineName", "PipelineArn", "PipelineExecutionId", "PipelineExecutionArn",
    "StartDateTime", "CurrentDateTime",
)  # fmt: skip


class BadReferenceError(Exception):
    """A reference cannot be read, or names nothing; the text names it."""


@dataclass(frozen=True)
class Reference:
    """One ``Get``: its root ("Parameters", "Execution", "Steps", "Steps.PropertyFiles"), the name
    after it, and the path below that.
    """

    text: str
    root: str
    name: str
    path: Tokens


def tokens(path: str) -> Tokens:
    """Read ``A.B[0]['c']`` into ``("A", "B", 0, "c")``. Raises BadReferenceError."""
    found: list[str | int] = []
    position = 0
    while position < len(path):
        match = _TOKEN.match(path, position)
        if match is None:
            raise BadReferenceError(f"cannot read '{path}' at position {position}")
        word, index, single, double = match.groups()
        found.append(
            int(index) if index is not None else next(filter(None, (word, single, double)), "")
        )
        position = match.end()
    return tuple(found)


def parse(text: Any) -> Reference:
    """Read the text of a ``Get``. Raises BadReferenceError."""
    if not isinstance(text, str):
        raise BadReferenceError(f"'Get' wants a text, not {text!r}")
    root, _, rest = text.partition(".")
    path = tokens(rest)
    if root not in ("Parameters", "Execution", "Steps") or not path or not isinstance(path[0], str):
        raise BadReferenceError(f"'{text}' is no reference to Parameters, Execution or Steps")
    return Reference(text, root, path[0], path[1:])


def references(value: Any) -> Iterator[Reference]:
    """Every reference in a value, in order. Raises BadReferenceError for an unreadable one."""
    if isinstance(value, dict):
        if set(value) == {"Get"}:
            yield parse(value["Get"])
            return
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def look_up(document: Any, path: Tokens, text: str = "") -> Any:
    """Follow a path into a document. Raises BadReferenceError with the first part that is not
    there.
    """
    found = document
    for part in path:
        try:
            if isinstance(found, list) and isinstance(part, str):
                found = next(item for item in found if part in [item.get(name) for name in _NAMES])
            else:
                found = found[part]
        except (LookupError, TypeError, AttributeError, StopIteration):
            where = text or ".".join(map(str, path))
            raise BadReferenceError(f"'{where}': there is no '{part}'") from None
    return found
