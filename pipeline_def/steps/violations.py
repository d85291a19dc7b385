"""What a check finds stops the run, or is shown to who decides: as the limit under `checks` says.

A limit is {"warn": x, "stop": y}, either or both. Kinds are SageMaker Model Monitor's where it has
one: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-interpreting-violations.html
"""

from collections.abc import Mapping
from typing import Any

from container import StepError

Limits = Mapping[str, float]
Violation = dict[str, Any]


def of_missing(column: str, share: float, limits: Limits) -> list[Violation]:
    """Return what a column's share of empty fields violates; raise StepError where it stops."""
    if share > limits.get("stop", 1):
        raise StepError(
            f"column '{column}' is empty in {share:.1%} of the rows, at most {limits['stop']:.1%}"
            " may be; fill it, drop it, or change checks.max_missing_share in parameters.yaml."
        )
    if share <= limits.get("warn", 1):
        return []
    words = f"empty in {share:.1%} of the rows (warned above {limits['warn']:.1%})"
    return [violation(column, "completeness_check", words)]


def of_duplicates(copies: int, rows: int, limits: Limits) -> list[Violation]:
    """Return what copies of rows violate; raise StepError where they stop the run."""
    share = copies / rows
    words = f"{copies} rows ({share:.1%}) are copies of another row"
    if share > limits.get("stop", 1):
        raise StepError(
            f"{words}, at most {limits['stop']:.1%} may be; remove them, or change"
            " checks.max_duplicate_share in parameters.yaml."
        )
    return (
        [violation("(rows)", "duplicate_rows_check", words)]
        if share > limits.get("warn", 1)
        else []
    )


def of_balance(label: str, counts: Mapping[str, int], limits: Limits) -> list[Violation]:
    """Return what the rarer class violates; raise StepError where it stops the run."""
    count, name = min((count, name) for name, count in counts.items())
    if count < limits.get("stop", 0):
        raise StepError(
            f"label column '{label}' has {count} {name} rows, at least {limits['stop']} are needed"
            " in each class; add rows (or change checks.min_rows_per_class in parameters.yaml)."
        )
    if count >= limits.get("warn", 0):
        return []
    words = f"{count} {name} rows (warned below {limits['warn']})"
    return [violation(label, "label_balance_check", words)]


def violation(feature: str, kind: str, words: str) -> Violation:
    """Return an entry of SageMaker's constraint violations."""
    return {"feature_name": feature, "constraint_check_type": kind, "description": words}
