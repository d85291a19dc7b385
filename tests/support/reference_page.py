"""`docs/reference.md`, made from the template, the state machines and the errors.

`make docs` writes it, and `tests/contract/test_docs.py` holds the page against what it is made of.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from domain import errors
from tests.support import asl, template

PATH = Path(__file__).parents[2] / "docs" / "reference.md"
SAME = "The states of `deploy_endpoint`, with each call to AWS under `ProductionRoleArn`."
_INTRODUCTION = """\
# Reference

Made by `make docs` from `template.yaml`, `statemachine/` and `functions/domain/errors.py`; a test
fails when this page is not what they give. Settings of stages and approvals are in
[settings.md](settings.md).
"""


def page() -> str:
    """The whole page as it should be."""
    parts = [
        _INTRODUCTION,
        "## Parameters of the stack\n",
        *_table(("parameter", "default", "meaning"), _parameters()),
        "\n## What wakes which function\n",
        *_table(("function", "what wakes it", "what it does"), _functions()),
        "\n## States\n",
        "The console shows these names; every end that is not a success has its error's name.\n",
    ]
    for path in asl.FILES:
        parts.append(f"\n### {path.name.removesuffix('.asl.yaml')}\n")
        same = path.name == "deploy_production.asl.yaml"
        parts += [SAME] if same else _table(("state", "type", "meaning"), _states(path))
    parts += ["\n## Errors\n", *_table(("error", "meaning"), _errors())]
    parts += ["\n## Outputs of the stack\n", *_table(("output", "meaning"), _outputs())]
    return "\n".join(parts) + "\n"


def write() -> None:
    """Bring the file up to date."""
    PATH.write_text(page())


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


def _parameters() -> Iterator[tuple[str, ...]]:
    for name, about in template.template()["Parameters"].items():
        default = str(about.get("Default", ""))
        yield f"`{name}`", f"`{default}`" if default else "", about["Description"]


def _functions() -> Iterator[tuple[str, ...]]:
    for name, properties in template.functions().items():
        events = properties.get("Events", {}).values()
        woken = "; ".join(_woken(event) for event in events) or _called_by(name)
        yield f"`{template.folder(name)}`", woken, properties["Description"]


def _woken(event: Mapping[str, Any]) -> str:
    about = event.get("Properties", {})
    kind = event["Type"]
    if kind == "EventBridgeRule":
        return " or ".join(about["Pattern"]["detail-type"])
    if kind == "HttpApi":
        return f"`{about['Method']} {about['Path']}`"
    if kind == "ScheduleV2":
        return str(about["ScheduleExpression"])
    return {"DynamoDB": "the ledger's stream"}.get(kind, kind)


def _called_by(function: str) -> str:
    """The state machines or the custom resource that call a function; else a schedule does."""
    token = {"Fn::GetAtt": f"{function}.Arn"}
    custom = template.resources("AWS::CloudFormation::CustomResource").values()
    if any(one["Properties"]["ServiceToken"] == token for one in custom):
        return "the stack's creation"
    callers = [
        Path(about["DefinitionUri"]).name.removesuffix(".asl.yaml")
        for about in template.state_machines().values()
        if f"{function}Arn" in about["DefinitionSubstitutions"]
    ]
    return ", ".join(f"`{name}`" for name in callers) or "a schedule"


def _states(path: Path) -> Iterator[tuple[str, ...]]:
    for state in asl.states(path):
        yield state.name, state.body["Type"], state.body.get("Comment", "")


def _errors() -> Iterator[tuple[str, ...]]:
    tree = ast.parse(inspect.getsource(errors))
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield f"`{node.name}`", " ".join((ast.get_docstring(node) or "").split())


def _outputs() -> Iterator[tuple[str, ...]]:
    for name, about in template.template()["Outputs"].items():
        yield f"`{name}`", about["Description"]


if __name__ == "__main__":
    write()
