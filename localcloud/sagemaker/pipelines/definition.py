"""Reading a pipeline definition: what it says, and every fault it has before anything runs.

The format is SageMaker's "2020-12-01":
https://aws-sagemaker-mlops.github.io/sagemaker-model-building-pipeline-definition-JSON-schema/
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from localcloud.sagemaker.pipelines import grammar
from localcloud.sagemaker.pipelines.cache import seconds
from localcloud.sagemaker.pipelines.parameters import Parameter
from localcloud.sagemaker.pipelines.references import (
    EXECUTION_VARIABLES,
    BadReferenceError,
    Reference,
    references,
)

VERSION = "2020-12-01"
RUN_HERE = (
    "Processing", "Training", "Transform", "Condition", "RegisterModel", "Model", "Fail",
    "Lambda", "Callback",
)  # fmt: skip
_NAME = re.compile(r"[A-Za-z0-9\-_]{1,64}")
Doc = dict[str, Any]


class DefinitionError(Exception):
    """The definition cannot be run; the text says what is wrong, and where."""


@dataclass(frozen=True)
class Step:
    """One step. ``branch`` is (condition's name, "IfSteps" or "ElseSteps") of a nested one."""

    name: str
    type: str
    arguments: Doc
    raw: Doc = field(repr=False)
    needs: frozenset[str] = frozenset()
    branch: tuple[str, str] | None = None

    @property
    def property_files(self) -> dict[str, Doc]:
        return {entry["PropertyFileName"]: entry for entry in self.raw.get("PropertyFiles", [])}


@dataclass(frozen=True)
class Definition:
    """A definition without faults: steps by name in their order, nested ones after their
    condition.
    """

    parameters: Mapping[str, Parameter]
    steps: Mapping[str, Step]


def parse(text: str) -> Definition:
    """Read a definition. Raises DefinitionError for the first fault found."""
    try:
        return _definition(json.loads(text))
    except ValueError as error:
        raise DefinitionError(f"it is not JSON: {error}") from error
    except (AttributeError, KeyError, TypeError) as error:
        raise DefinitionError(f"a part of it is of another type: {error}") from error


def _definition(document: Any) -> Definition:
    if not isinstance(document, dict) or not isinstance(document.get("Steps"), list):
        raise DefinitionError("it is not an object with a list of Steps")
    if document.get("Version") != VERSION:
        raise DefinitionError(f"its Version is {document.get('Version')!r}, not '{VERSION}'")
    parameters = _parameters(document.get("Parameters", []))
    steps: dict[str, Step] = {}
    for step in _steps(document["Steps"], None):
        if step.name in steps:
            raise DefinitionError(f"two steps are named '{step.name}'")
        steps[step.name] = step
    if not steps:
        raise DefinitionError("it has no steps")
    for step in steps.values():
        _check_references(step, parameters, steps)
    _check_order(steps)
    return Definition(parameters, steps)


def _parameters(entries: Any) -> dict[str, Parameter]:
    found: dict[str, Parameter] = {}
    for entry in entries:
        try:
            parameter = Parameter.from_definition(entry)
        except ValueError as error:
            raise DefinitionError(str(error)) from error
        if parameter.name in found:
            raise DefinitionError(f"two parameters are named '{parameter.name}'")
        found[parameter.name] = parameter
    return found


def _steps(entries: Any, branch: tuple[str, str] | None) -> Iterator[Step]:
    for entry in entries:
        step = _step(entry, branch)
        yield step
        if step.type == "Condition":
            for side in ("IfSteps", "ElseSteps"):
                yield from _steps(step.arguments.get(side, []), (step.name, side))


def _step(entry: Any, branch: tuple[str, str] | None) -> Step:
    name, kind = (entry.get("Name"), entry.get("Type")) if isinstance(entry, dict) else (None, None)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise DefinitionError(f"a step has no usable Name: {name!r}")
    if kind not in RUN_HERE:
        raise DefinitionError(
            f"step '{name}': the step type '{kind}' runs on AWS only; the local cloud runs "
            f"{', '.join(RUN_HERE)}"
        )
    arguments = entry.get("Arguments", {})
    if not isinstance(arguments, dict):
        raise DefinitionError(f"step '{name}': its Arguments are not an object")
    _check_cache(name, entry.get("CacheConfig"))
    try:
        needs = {found.name for found in references(_own(entry)) if found.root == "Steps"}
        grammar.check_functions(_own(entry))
        if kind == "Condition":
            grammar.check_conditions(arguments)
    except (BadReferenceError, grammar.GrammarError) as error:
        raise DefinitionError(f"step '{name}': {error}") from error
    listed = entry.get("DependsOn") or []
    if not isinstance(listed, list):
        raise DefinitionError(f"step '{name}': its DependsOn is not a list")
    needs.update(listed)
    needs.update([branch[0]] if branch else [])
    return Step(name, kind, arguments, entry, frozenset(needs), branch)


def _own(entry: Doc) -> list[Any]:
    """Where a step itself may refer to others (the steps of its branches speak for themselves)."""
    arguments = entry.get("Arguments", {})
    nested = ("IfSteps", "ElseSteps") if entry["Type"] == "Condition" else ()
    own = [value for name, value in arguments.items() if name not in nested]
    return [*own, entry.get("FunctionArn"), entry.get("SqsQueueUrl")]


def _check_cache(name: str, config: Any) -> None:
    if not config or not config.get("Enabled"):
        return
    try:
        seconds(config.get("ExpireAfter", ""))
    except ValueError as error:
        raise DefinitionError(f"step '{name}': CacheConfig: {error}") from error


def _check_references(step: Step, parameters: Mapping[str, Any], steps: Mapping[str, Step]) -> None:
    for name in sorted(step.needs):
        if name not in steps:
            raise DefinitionError(f"step '{step.name}' depends on '{name}', which is no step")
    for found in references(_own(step.raw)):
        problem = _problem(found, parameters, steps)
        if problem:
            raise DefinitionError(f"step '{step.name}': '{found.text}': {problem}")


def _problem(
    found: Reference, parameters: Mapping[str, Any], steps: Mapping[str, Step]
) -> str | None:
    if found.root == "Parameters":
        return None if found.name in parameters else f"there is no parameter '{found.name}'"
    if found.root == "Execution":
        known = found.name in EXECUTION_VARIABLES
        return None if known else f"there is no execution variable '{found.name}'"
    target = steps[found.name]
    if found.path[:1] == ("PropertyFiles",):
        entry = target.property_files.get(str(found.path[-1]))
        if entry is None:
            return f"step '{target.name}' has no property file '{found.path[-1]}'"
        return _output_problem(target, entry["OutputName"])
    if found.path[:2] == ("ProcessingOutputConfig", "Outputs") and len(found.path) > 2:
        return _output_problem(target, found.path[2])
    return None


def _output_problem(target: Step, name: str | int) -> str | None:
    outputs = target.arguments.get("ProcessingOutputConfig", {}).get("Outputs", [])
    if isinstance(name, int):
        return None if name < len(outputs) else f"step '{target.name}' has no output {name}"
    known = [output["OutputName"] for output in outputs]
    return None if name in known else f"step '{target.name}' has no output '{name}'"


def _check_order(steps: Mapping[str, Step]) -> None:
    """Find a cycle, and name the steps of it in their order."""
    done: set[str] = set()

    def visit(name: str, path: list[str]) -> None:
        if name in path:
            cycle = " → ".join([*path[path.index(name) :], name])
            raise DefinitionError(f"its steps wait for each other: {cycle}")
        if name not in done:
            for needed in sorted(steps[name].needs):
                visit(needed, [*path, name])
            done.add(name)

    for name in steps:
        visit(name, [])
