"""`template.yaml` with its tags, for tests; values as CloudFormation would fill them in."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

PATH = Path(__file__).parents[2] / "template.yaml"
PSEUDO = {
    "AWS::StackName": "slipway",
    "AWS::Region": "us-east-1",
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
}


class _Loader(yaml.SafeLoader):
    """Reads `!Ref` and its kin as the long form."""


def _tagged(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _tagged)


@cache
def read(name: str) -> dict[str, Any]:
    """A template, by the name of its file."""
    return dict(yaml.load(PATH.with_name(name).read_text(), Loader=_Loader))


def template() -> dict[str, Any]:
    """The whole template of Slipway's own stack."""
    return read(PATH.name)


def resources(kind: str = "") -> dict[str, dict[str, Any]]:
    """Resources of a type (all without one), by logical id."""
    return {n: r for n, r in template()["Resources"].items() if r["Type"] == kind or not kind}


def functions() -> dict[str, dict[str, Any]]:
    """The properties of each function, by logical id."""
    return {n: r["Properties"] for n, r in resources("AWS::Serverless::Function").items()}


def state_machines() -> dict[str, dict[str, Any]]:
    """The properties of each state machine, by logical id."""
    return {n: r["Properties"] for n, r in resources("AWS::Serverless::StateMachine").items()}


def folder(logical_id: str) -> str:
    """The folder of a function: `StartBuildFunction` lies in `start_build`."""
    words = re.findall(r"[A-Z][a-z0-9]*", logical_id.removesuffix("Function"))
    return "_".join(words).lower()


def environment(properties: dict[str, Any]) -> dict[str, str]:
    """The variables of a function, those of Globals included, filled in."""
    shared = template()["Globals"]["Function"]["Environment"]["Variables"]
    return {name: str(filled(value)) for name, value in {**shared, **own(properties)}.items()}


def own(properties: dict[str, Any]) -> dict[str, Any]:
    """The variables that a function sets for itself."""
    return dict(properties.get("Environment", {}).get("Variables", {}))


def filled(value: Any, **parameters: str) -> Any:
    """A value with references resolved: parameters by default value, resources by logical id."""
    if isinstance(value, list):
        return [filled(inner, **parameters) for inner in value]
    if not isinstance(value, dict):
        return value
    if "Ref" in value:
        return _reference(value["Ref"], parameters)
    if "Fn::Sub" in value:
        return _substituted(value["Fn::Sub"], parameters)
    if "Fn::GetAtt" in value:
        return f"<{value['Fn::GetAtt']}>"
    if "Fn::If" in value:
        return filled(value["Fn::If"][2], **parameters)
    return {name: filled(inner, **parameters) for name, inner in value.items()}


def _reference(name: str, parameters: dict[str, str]) -> str:
    if name in parameters:
        return parameters[name]
    if name in PSEUDO:
        return PSEUDO[name]
    if name in template()["Parameters"]:
        return str(template()["Parameters"][name]["Default"])
    return f"<{name}>"


def _substituted(value: Any, parameters: dict[str, str]) -> str:
    text, given = (value, {}) if isinstance(value, str) else (value[0], filled(value[1]))
    return re.sub(
        r"\$\{([^!}]+)\}", lambda m: str(given.get(m[1]) or _reference(m[1], parameters)), text
    )


def statements(policies: list[Any]) -> list[dict[str, Any]]:
    """The statements of a list of policies as SAM takes it: written here, or managed ones here."""
    found: list[dict[str, Any]] = []
    for policy in policies:
        document = (
            resources()[policy["Ref"]]["Properties"]["PolicyDocument"]
            if "Ref" in policy
            else policy
        )
        found += document["Statement"]
    return found


def actions(policies: list[Any]) -> set[str]:
    """Every action that these policies allow."""
    allowed: set[str] = set()
    for statement in statements(policies):
        assert statement["Effect"] == "Allow", "functions and machines are only allowed things"
        given = statement["Action"]
        allowed |= {given} if isinstance(given, str) else set(given)
    return allowed
