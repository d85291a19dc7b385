"""What a definition's functions and conditions must have, looked at before anything runs.

SageMaker refuses them when the pipeline is created:
https://aws-sagemaker-mlops.github.io/sagemaker-model-building-pipeline-definition-JSON-schema/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

COMPARISONS = (
    "Equals", "GreaterThan", "GreaterThanOrEqualTo", "LessThan", "LessThanOrEqualTo",
)  # fmt: skip
_MEMBERS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(COMPARISONS, ("LeftValue", "RightValue")),
    "In": ("QueryValue", "Values"),
    "Not": ("Expression",),
    "Or": ("Conditions",),
    "And": ("Conditions",),
}
_FUNCTIONS: Mapping[str, tuple[str, ...]] = {
    "Std:Join": ("On", "Values"),
    "Std:JsonGet": ("Path",),
}


class GrammarError(Exception):
    """A function or a condition is none; the text names it."""


def check_functions(value: Any) -> None:
    """Raise GrammarError for the first function in a value that is none."""
    if isinstance(value, list):
        for item in value:
            check_functions(item)
    if not isinstance(value, dict):
        return
    for name, inner in value.items():
        if name.startswith("Std:"):
            _check_function(name, inner, alone=len(value) == 1)
        check_functions(inner)


def _check_function(name: str, given: Any, *, alone: bool) -> None:
    if name not in _FUNCTIONS:
        raise GrammarError(f"'{name}' is no function; known are {', '.join(_FUNCTIONS)}")
    if not alone or not isinstance(given, dict):
        raise GrammarError(f"'{name}' must be an object, alone in its place")
    missing = [member for member in _FUNCTIONS[name] if member not in given]
    if name == "Std:JsonGet" and not {"PropertyFile", "S3Uri"} & set(given):
        missing.append("PropertyFile")
    if missing:
        raise GrammarError(f"'{name}' has no '{missing[0]}'")
    if name == "Std:Join" and not isinstance(given["Values"], list):
        raise GrammarError("the Values of 'Std:Join' are not a list")


def check_conditions(arguments: Mapping[str, Any]) -> None:
    """Raise GrammarError for what is no condition, and for a condition step in a branch.

    "You can't pass a condition step as the input for another condition step":
    https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps-types.html
    """
    _check_list(arguments.get("Conditions", []))
    for side in ("IfSteps", "ElseSteps"):
        for step in arguments.get(side, []):
            if isinstance(step, dict) and step.get("Type") == "Condition":
                raise GrammarError(
                    f"its {side} have the condition step '{step.get('Name')}', and SageMaker takes "
                    "none within another: join the conditions with And, Or and Not"
                )


def _check_list(conditions: Any) -> None:
    if not isinstance(conditions, list):
        raise GrammarError("its Conditions are not a list")
    for condition in conditions:
        _check(condition)


def _check(condition: Any) -> None:
    kind = condition.get("Type") if isinstance(condition, dict) else None
    if not isinstance(kind, str) or kind not in _MEMBERS:
        raise GrammarError(f"{kind!r} is no type of condition; known are {', '.join(_MEMBERS)}")
    missing = [member for member in _MEMBERS[kind] if member not in condition]
    if missing:
        raise GrammarError(f"the condition {kind} has no '{missing[0]}'")
    if kind == "Not":
        _check(condition["Expression"])
    elif kind in ("Or", "And"):
        _check_list(condition["Conditions"])
    elif kind == "In" and not isinstance(condition["Values"], list):
        raise GrammarError("the Values of the condition In are not a list")
