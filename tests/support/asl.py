"""The state machines as their files say, for tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[2] / "statemachine"
FILES = sorted(FOLDER.glob("*.asl.yaml"))


@dataclass(frozen=True)
class State:
    """One state of one machine, with the states that lie beside it."""

    machine: str
    name: str
    body: dict[str, Any]
    beside: frozenset[str]

    def __str__(self) -> str:
        return f"{self.machine}: {self.name}"

    @property
    def is_task(self) -> bool:
        """Whether it calls something."""
        return bool(self.body["Type"] == "Task")

    @property
    def resource(self) -> str:
        """What a task calls; empty for other states."""
        return str(self.body.get("Resource", ""))

    @property
    def next_names(self) -> list[str]:
        """Every state that may follow."""
        found = [self.body[key] for key in ("Next", "Default") if key in self.body]
        for rule in (*self.body.get("Choices", []), *self.body.get("Catch", [])):
            found.append(rule["Next"])
        return found


@cache
def definition(path: Path) -> dict[str, Any]:
    """A file, read."""
    return dict(yaml.safe_load(path.read_text()))


def scopes(path: Path) -> Iterator[dict[str, Any]]:
    """Every group of states that has a start of its own: the machine, and those in maps."""

    def inner(group: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield group
        for body in group["States"].values():
            for part in (body.get("ItemProcessor"), *body.get("Branches", [])):
                if part:
                    yield from inner(part)

    return inner(definition(path))


def states(path: Path) -> list[State]:
    """All states of a machine, those in maps and branches too."""
    machine = path.name.removesuffix(".asl.yaml")
    return [
        State(machine, name, body, frozenset(scope["States"]))
        for scope in scopes(path)
        for name, body in scope["States"].items()
    ]


def all_states() -> list[State]:
    """The states of all machines."""
    return [state for path in FILES for state in states(path)]


def tasks() -> list[State]:
    """The tasks of all machines."""
    return [state for state in all_states() if state.is_task]


def texts(value: Any) -> Iterator[str]:
    """Every text in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


def sdk_call(resource: str) -> tuple[str, str] | None:
    """The (service, operation in lower camel case) of an AWS call; None for Lambda and nesting."""
    parts = resource.removeprefix("arn:aws:states:::").split(":")
    if parts[0] == "aws-sdk":
        return parts[1], parts[2].split(".")[0]
    if parts[0] == "dynamodb":
        return parts[0], parts[1]
    return None
