"""Describe the table as SageMaker's monitor does: statistics.json and constraints.json.

The files have the form that Model Monitor's baseline job writes, so that Studio and the drift check
read them; the container that AWS has for it does not run outside AWS, this does.
"""

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

BUCKETS = 10
MOST_VALUES = 50  # of a text column; the rest is counted together


def describe(columns: dict[str, list[float] | list[str]], total: int) -> dict[str, Any]:
    """Return statistics.json for columns of numbers (NaN is missing) or of text ('' is missing)."""
    return {
        "version": 0.0,
        "dataset": {"item_count": total},
        "features": [_feature(name, values) for name, values in columns.items()],
    }


def _feature(name: str, values: Sequence[Any]) -> dict[str, Any]:
    if values and isinstance(values[0], str):
        return {"name": name, "inferred_type": "String", "string_statistics": _text(values)}
    present = sorted(value for value in values if not math.isnan(value))
    whole = all(value.is_integer() for value in present)
    return {
        "name": name,
        "inferred_type": "Integral" if whole else "Fractional",
        "numerical_statistics": _numbers(present, len(values) - len(present)),
    }


def _text(values: Sequence[str]) -> dict[str, Any]:
    counts = Counter(values)
    missing = counts.pop("", 0)
    buckets = [{"value": value, "count": count} for value, count in counts.most_common(MOST_VALUES)]
    return {
        "common": {"num_present": len(values) - missing, "num_missing": missing},
        "distinct_count": float(len(counts)),
        "distribution": {"categorical": {"buckets": buckets}},
    }


def _numbers(present: list[float], missing: int) -> dict[str, Any]:
    common = {"num_present": len(present), "num_missing": missing}
    if not present:
        return {"common": common}
    mean = math.fsum(present) / len(present)
    variance = math.fsum((value - mean) ** 2 for value in present) / len(present)
    return {
        "common": common,
        "mean": mean,
        "sum": math.fsum(present),
        "std_dev": math.sqrt(variance),
        "min": present[0],
        "max": present[-1],
        "distribution": {"kll": {"buckets": _buckets(present)}},
    }


def _buckets(present: list[float]) -> list[dict[str, float]]:
    """Return equal-width buckets over sorted values, with the count of each."""
    low, high = present[0], present[-1]
    if low == high:
        return [{"lower_bound": low, "upper_bound": high, "count": float(len(present))}]
    edges = [low + (high - low) * step / BUCKETS for step in range(BUCKETS)] + [high]
    starts = [0, *(bisect_right(present, edge) for edge in edges[1:])]
    return [
        {"lower_bound": edges[at], "upper_bound": edges[at + 1], "count": float(end - start)}
        for at, (start, end) in enumerate(pairwise(starts))
    ]


def constrain(statistics: dict[str, Any]) -> dict[str, Any]:
    """Return constraints.json: what a later table must keep to look like this one."""
    return {
        "version": 0.0,
        "features": [_constraint(feature) for feature in statistics["features"]],
        "monitoring_config": {
            "evaluate_constraints": "Enabled",
            "emit_metrics": "Enabled",
            "datatype_check_threshold": 1.0,
            "domain_content_threshold": 1.0,
            "distribution_constraints": {
                "perform_comparison": "Enabled",
                "comparison_threshold": 0.1,
                "comparison_method": "Robust",
            },
        },
    }


def _constraint(feature: dict[str, Any]) -> dict[str, Any]:
    kind = "string_statistics" if "string_statistics" in feature else "numerical_statistics"
    details = feature[kind]
    counts = details["common"]
    total = counts["num_present"] + counts["num_missing"]
    constraint = {
        "name": feature["name"],
        "inferred_type": feature["inferred_type"],
        "completeness": counts["num_present"] / total if total else 0.0,
    }
    if kind == "numerical_statistics":
        constraint["num_constraints"] = {"is_non_negative": details.get("min", 0.0) >= 0}
    elif details["distinct_count"] <= MOST_VALUES:
        buckets = details["distribution"]["categorical"]["buckets"]
        constraint["string_constraints"] = {"domains": [bucket["value"] for bucket in buckets]}
    return constraint
