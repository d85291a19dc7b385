"""A pipeline execution as a picture's data: its steps, their times, and what each waited for.

The definition knows every step and its order, the execution those that ran. Both are in the words
of SageMaker's API: https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-pipelines.html
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_REFERENCE = re.compile(r'"Get": ?"Steps\.([^."]+)')
_BRANCHES = ("IfSteps", "ElseSteps")
_MOST = 60


def graph(definition: Mapping[str, Any], ran: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One plain group of values for each step: name, kind, status, seconds, cached, after.

    `ran` are the items of ListPipelineExecutionSteps, with times as datetimes. A step that never
    ran has an empty status. `after` leaves out what another step in it waits for anyway.
    """
    steps = list(_flat(definition.get("Steps") or [], ""))[:_MOST]
    after = {name: _after(step, parent) for name, step, parent in steps}
    outcome = {str(step["StepName"]): step for step in ran}
    return [
        {
            "name": name,
            "kind": str(step.get("Type", "")),
            "after": sorted(_nearest(after[name], after)),
            **_outcome(outcome.get(name, {})),
        }
        for name, step, _ in steps
    ]


def _flat(
    steps: Sequence[Mapping[str, Any]], parent: str
) -> Iterator[tuple[str, Mapping[str, Any], str]]:
    for step in steps:
        name = str(step["Name"])
        yield name, step, parent
        arguments = step.get("Arguments")
        if isinstance(arguments, Mapping):
            for branch in _BRANCHES:
                yield from _flat(arguments.get(branch) or [], name)


def _after(step: Mapping[str, Any], parent: str) -> set[str]:
    arguments = step.get("Arguments")
    if isinstance(arguments, Mapping):
        arguments = {k: v for k, v in arguments.items() if k not in _BRANCHES}
    found = set(_REFERENCE.findall(json.dumps(arguments, default=str)))
    found |= {str(name) for name in step.get("DependsOn") or []} | ({parent} - {""})
    return found - {str(step["Name"])}


def _nearest(names: set[str], after: Mapping[str, set[str]]) -> set[str]:
    return {n for n in names if not any(n in _before(o, after) for o in names if o != n)}


def _before(name: str, after: Mapping[str, set[str]]) -> set[str]:
    """Everything that a step waits for, directly or not."""
    found: set[str] = set()
    new = set(after.get(name, ()))
    while new:
        found |= new
        new = {one for name in new for one in after.get(name, ())} - found
    return found


def _outcome(step: Mapping[str, Any]) -> dict[str, Any]:
    cached = bool(step.get("CacheHitResult"))
    start, end = step.get("StartTime"), step.get("EndTime")
    seconds = round((end - start).total_seconds(), 1) if start and end and not cached else None
    return {"status": str(step.get("StepStatus", "")), "seconds": seconds, "cached": cached}
