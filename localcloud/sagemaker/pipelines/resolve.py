"""Turning references and functions into values while an execution runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from localcloud.sagemaker.pipelines.definition import Step
from localcloud.sagemaker.pipelines.references import (
    BadReferenceError,
    Reference,
    look_up,
    parse,
    tokens,
)


@dataclass(frozen=True)
class Resolver:
    """Knows what an execution knows so far.

    ``properties`` gives what a finished step's job, model or function answered; ``read`` the bytes
    of an S3 object. Both may raise: a step that needs them then fails with their words.
    """

    parameters: Mapping[str, Any]
    variables: Callable[[str], Any]
    properties: Callable[[str], Any]
    read: Callable[[str], bytes]
    steps: Mapping[str, Step]

    def value(self, given: Any) -> Any:
        """``given`` with everything resolved. Raises BadReferenceError."""
        if isinstance(given, list):
            return [self.value(item) for item in given]
        if not isinstance(given, dict):
            return given
        if set(given) == {"Get"}:
            return self._get(parse(given["Get"]))
        if set(given) == {"Std:Join"}:
            join = given["Std:Join"]
            return str(join["On"]).join(_text(self.value(item)) for item in join["Values"])
        if set(given) == {"Std:JsonGet"}:
            return self._json_get(given["Std:JsonGet"])
        return {name: self.value(item) for name, item in given.items()}

    def _get(self, found: Reference) -> Any:
        if found.root == "Parameters":
            return self.parameters[found.name]
        if found.root == "Execution":
            return self.variables(found.name)
        return look_up(self.properties(found.name), found.path, found.text)

    def _json_get(self, wanted: Mapping[str, Any]) -> Any:
        if "PropertyFile" in wanted:
            uri = self._property_file(parse(wanted["PropertyFile"]["Get"]))
        else:
            uri = self.value(wanted["S3Uri"])
        try:
            document = json.loads(self.read(uri))
        except ValueError as error:
            raise BadReferenceError(f"{uri} is not JSON: {error}") from error
        path = self.value(wanted["Path"])
        return look_up(document, tokens(path), f"{uri}: {path}")

    def _property_file(self, found: Reference) -> str:
        entry = self.steps[found.name].property_files[str(found.path[-1])]
        path = ("ProcessingOutputConfig", "Outputs", entry["OutputName"], "S3Output", "S3Uri")
        uri = look_up(self.properties(found.name), path, found.text)
        return f"{uri.rstrip('/')}/{self.value(entry['FilePath'])}"


def _text(value: Any) -> str:
    """A joined value as SageMaker writes it: texts as they are, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value)
