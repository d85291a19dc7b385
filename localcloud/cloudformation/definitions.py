"""State machine definitions in YAML.

Fault of the base: `DefinitionS3Location` (SAM's `DefinitionUri`) may name a YAML file on AWS, which
CloudFormation turns into JSON; the base stores the text as it is, and no execution can read it.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-stepfunctions-statemachine.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import yaml

from localcloud.repairs import base

_DIGEST = "e2a838ea48b933bb"


def install() -> None:
    """Let the base's CloudFormation read definitions in YAML."""
    from ministack.services.cloudformation import provisioners

    base.wrap(provisioners, "_sfn_definition", _DIGEST, _in_json)


def _in_json(original: Callable[..., str]) -> Callable[..., str]:
    def definition(props: Mapping[str, Any]) -> str:
        return to_json(original(props))

    return definition


def to_json(text: str) -> str:
    """Return a definition as JSON, whichever of the two it is written in."""
    if text.lstrip().startswith("{"):
        return text
    return json.dumps(yaml.safe_load(text), ensure_ascii=False)
