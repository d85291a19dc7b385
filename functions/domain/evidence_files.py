"""The files of the evidence, one parser each; shapes are those of `pipeline_def/steps`."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from domain.evidence import (
    Bound,
    Champion,
    Confusion,
    DataCheck,
    Difference,
    Evaluation,
    Evidence,
    Golden,
    Latency,
    Metric,
    Pairs,
    Report,
    Segment,
    StagingCheck,
    StagingReport,
    Violation,
    document,
    figures,
    items,
    number,
    section,
    whole,
)

_KINDS = ("binary_classification", "multiclass_classification", "regression")
_FACTS = ("model_sha256", "xgboost_version", "tree_method", "rounds", "threshold_chosen_on")


def gather(
    *,
    evaluation: bytes | None = None,
    report: bytes | None = None,
    golden: bytes | None = None,
    data_check: bytes | None = None,
    staging: bytes | None = None,
) -> Evidence:
    """The evidence in these files; None is a file that does not exist. Never raises."""
    parsers: list[tuple[str, bytes | None, Callable[[Mapping[str, Any]], Any]]] = [
        ("evaluation", evaluation, parse_evaluation),
        ("report", report, parse_report),
        ("golden", golden, parse_golden),
        ("data_check", data_check, parse_data_check),
        ("staging", staging, parse_staging),
    ]
    found, broken = Evidence(), []
    for name, content, parse in parsers:
        if content is None:
            continue
        try:
            found = replace(found, **{name: parse(document(content))})
        except (ValueError, RecursionError):  # JSON, UTF-8, or ours
            broken.append(name)
    return replace(found, unreadable=tuple(broken))


def parse_evaluation(content: Mapping[str, Any]) -> Evaluation:
    """SageMaker's model-quality JSON; raises ValueError when it has no metrics of a known kind."""
    kind = next((kind for kind in _KINDS if f"{kind}_metrics" in content), None)
    if kind is None:
        raise ValueError("no metrics of a known kind")
    quality = section(content[f"{kind}_metrics"])
    metrics = [
        Metric(name, number(entry["value"]), number(entry.get("standard_deviation")))
        for name, entry in quality.items()
        if isinstance(entry, Mapping) and "value" in entry
    ]
    roc = section(quality.get("receiver_operating_characteristic_curve"))
    pr = section(quality.get("precision_recall_curve"))
    return Evaluation(
        problem=kind,
        metrics=tuple(metrics),
        rows=whole(section(content.get("dataset")).get("item_count")),
        confusion=_confusion(quality.get("confusion_matrix")),
        roc=_pairs(roc.get("false_positive_rates"), roc.get("true_positive_rates")),
        pr=_pairs(pr.get("recalls"), pr.get("precisions")),
    )


def parse_report(content: Mapping[str, Any]) -> Report:
    """`report.json` of `evaluate.py`."""
    strengths = [
        (str(one.get("column", "")), number(one.get("mean_abs_shap")))
        for one in items(content.get("importances"))
    ]
    return Report(
        gate=tuple(
            Bound(str(name), number(section(b).get("min")), number(section(b).get("max")))
            for name, b in section(content.get("gate")).items()
        ),
        champion=_champion(content.get("champion")),
        importances=tuple((name, value) for name, value in strengths if value is not None),
        baselines=tuple(
            (str(name), figures(one)) for name, one in section(content.get("baseline")).items()
        ),
        rows=figures(content.get("rows")) or None,
        segments=_segments(content.get("segments")),
        threshold=number(content.get("threshold")),
        facts=tuple((name, str(content[name])) for name in _FACTS if content.get(name))
        + _hyperparameters(content.get("hyperparameters")),
    )


def _segments(given: Any) -> tuple[Segment, ...]:
    found = []
    for column, values in section(given).items():
        for value, entry in section(values).items():
            known = figures(entry)
            rows = whole(known.pop("rows", None))
            found.append(Segment(str(column), str(value), rows, known))
    return tuple(found)


def _hyperparameters(given: Any) -> tuple[tuple[str, str], ...]:
    values = section(given)
    if not values:
        return ()
    return (("hyperparameters", ", ".join(f"{name} {value}" for name, value in values.items())),)


def parse_golden(content: Mapping[str, Any]) -> Golden:
    """`golden.json` of `evaluate.py`."""
    return Golden(whole(content.get("rows")), figures(content.get("metrics")))


def parse_data_check(content: Mapping[str, Any]) -> DataCheck:
    """`check.json` of `check_data.py`."""
    return DataCheck(
        rows=whole(content.get("rows")),
        duplicates=whole(content.get("duplicates")),
        label=figures(content.get("label")),
        violations=tuple(
            Violation(
                str(one.get("feature_name", "")),
                str(one.get("constraint_check_type", "")),
                str(one.get("description", "")),
            )
            for one in items(content.get("violations"))
        ),
    )


def parse_staging(content: Mapping[str, Any]) -> StagingReport:
    """The report of the staging test; it passed only if it says so and no check says otherwise."""
    checks = tuple(
        StagingCheck(
            name=str(one.get("name", "")),
            passed=one.get("passed") is True,
            detail=str(one.get("detail", "")),
            request=_text(one.get("request")),
            response=_text(one.get("response")),
        )
        for one in items(content.get("checks"))
    )
    return StagingReport(
        passed=content.get("passed") is True and bool(checks) and all(c.passed for c in checks),
        endpoint=str(content.get("endpoint", "")),
        started_at=str(content.get("started_at", "")),
        checks=checks,
        latency=_latency(content.get("latency_ms")),
        requests=whole(content.get("requests")),
        errors=whole(content.get("errors")),
        skipped=_names(content.get("skipped")),
    )


def _names(given: Any) -> tuple[str, ...]:
    return tuple(str(one) for one in given) if isinstance(given, list) else ()


def _champion(given: Any) -> Champion | None:
    content = section(given)
    if not content:
        return None
    gaps = []
    for name, gap in section(content.get("differences")).items():
        value = number(section(gap).get("value"))
        if value is not None:
            low, high = number(section(gap).get("low")), number(section(gap).get("high"))
            gaps.append(Difference(str(name), value, low, high))
    return Champion(
        version=whole(content.get("version")),
        figures=figures(content.get("metrics")),
        differences=tuple(gaps),
        verdict=str(content.get("verdict", "")),
    )


def _confusion(given: Any) -> Confusion | None:
    rows = section(given)
    no, yes = section(rows.get("0")), section(rows.get("1"))
    counts = [whole(one) for one in (yes.get("1"), no.get("1"), yes.get("0"), no.get("0"))]
    if len(rows) != 2 or any(count is None for count in counts):
        return None
    return Confusion(*(count or 0 for count in counts))


def _latency(given: Any) -> Latency | None:
    content = section(given)
    if not content:
        return None
    bars = content.get("histogram")
    pairs = [
        (number(bar[0]), number(bar[1]))
        for bar in (bars if isinstance(bars, list) else [])
        if isinstance(bar, list) and len(bar) == 2
    ]
    return Latency(
        p50=number(content.get("p50")),
        p95=number(content.get("p95")),
        p99=number(content.get("p99")),
        bars=tuple((upper, count) for upper, count in pairs if upper is not None and count),
        concurrency=whole(content.get("concurrency")),
    )


def _pairs(first: Any, second: Any) -> Pairs:
    if not isinstance(first, list) or not isinstance(second, list) or len(first) != len(second):
        return ()
    found = [(number(a), number(b)) for a, b in zip(first, second, strict=True)]
    return tuple((a, b) for a, b in found if a is not None and b is not None)


def _text(value: Any) -> str:
    return "" if value is None else str(value)
