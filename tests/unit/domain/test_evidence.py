"""Evidence is read as it was written; what is missing stays missing, and speaks for nobody."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.approval import Kind
from domain.evidence import Confusion, Difference, Evidence, Metric
from domain.evidence_files import gather, parse_evaluation
from domain.verdict import Tone, compare, judge

VALUE = {"value": 0.9, "standard_deviation": "NaN"}
EVALUATION: dict[str, Any] = {
    "version": 0.0,
    "dataset": {"item_count": 1000},
    "binary_classification_metrics": {
        "confusion_matrix": {"0": {"0": 840, "1": 20}, "1": {"0": 40, "1": 100}},
        "auc": {"value": 0.921, "standard_deviation": 0.011},
        "f1": {"value": 0.71, "standard_deviation": "NaN"},
        "recall": {"value": "NaN", "standard_deviation": "NaN"},
        "receiver_operating_characteristic_curve": {
            "false_positive_rates": [0.0, 0.1, 1.0],
            "true_positive_rates": [0.0, 0.8, 1.0],
        },
        "precision_recall_curve": {"precisions": [1.0, 0.5], "recalls": [0.2, 1.0]},
    },
}
REPORT: dict[str, Any] = {
    "gate": {"auc": {"min": 0.85}, "f1": {"min": 0.6}},
    "importances": [{"column": "Day Mins", "mean_abs_shap": 0.8}],
    "baseline": {"linear": {"auc": 0.82}},
    "rows": {"train": 3500, "validation": 1000, "test": 500},
}
STAGING: dict[str, Any] = {
    "passed": True,
    "endpoint": "churn-staging",
    "started_at": "2026-11-23T09:00:00Z",
    "checks": [{"name": "parity", "passed": True, "detail": "AUC 0.921 vs 0.921"}],
    "latency_ms": {"p50": 7, "p95": 12.5, "p99": None, "histogram": [[5.0, 0], [10.0, 190]]},
    "requests": 200,
    "errors": 0,
}


def of(**files: Any) -> Evidence:
    return gather(**{name: json.dumps(content).encode() for name, content in files.items()})


def champion(**differences: tuple[float, float, float]) -> dict[str, Any]:
    gaps = {n: {"value": v, "low": a, "high": b} for n, (v, a, b) in differences.items()}
    return {**REPORT, "champion": {"version": 6, "metrics": {"auc": 0.909}, "differences": gaps}}


def test_sagemaker_s_model_quality_is_read_with_its_nan_spellings() -> None:
    found = parse_evaluation(EVALUATION)
    assert found.problem == "binary_classification"
    assert found.metrics == (
        Metric("auc", 0.921, 0.011),
        Metric("f1", 0.71, None),
        Metric("recall", None, None),
    )
    assert found.confusion == Confusion(tp=100, fp=20, fn=40, tn=840)
    assert found.roc == ((0.0, 0.0), (0.1, 0.8), (1.0, 1.0))
    assert found.pr == ((0.2, 1.0), (1.0, 0.5))
    assert found.rows == 1000


def test_a_regression_is_read_by_the_same_way() -> None:
    found = parse_evaluation({"regression_metrics": {"mse": {"value": 4.5}, "r2": VALUE}})
    assert (found.problem, found.value("mse"), found.confusion) == ("regression", 4.5, None)


def test_a_file_that_is_not_there_is_missing_and_a_broken_one_is_named() -> None:
    found = gather(evaluation=b"{", report=b"[]", golden=b"\xff", data_check=None)
    assert found == Evidence(unreadable=("evaluation", "report", "golden"))


def test_curves_of_unlike_length_are_not_drawn() -> None:
    odd = json.loads(json.dumps(EVALUATION))
    curve = odd["binary_classification_metrics"]["receiver_operating_characteristic_curve"]
    curve["true_positive_rates"].pop()
    assert parse_evaluation(odd).roc == ()


def test_staging_passed_only_if_it_says_so_and_no_test_says_otherwise() -> None:
    good = of(staging=STAGING).staging
    assert good is not None
    assert good.passed
    assert good.latency is not None
    assert (good.latency.p95, good.latency.p99, good.latency.bars) == (12.5, None, ((10.0, 190.0),))
    for lie in (
        {**STAGING, "checks": []},
        {**STAGING, "checks": [{"name": "parity", "passed": False}]},
        {**STAGING, "checks": [{"name": "parity", "passed": "true"}]},
        {**STAGING, "passed": False},
    ):
        found = of(staging=lie).staging
        assert found is not None
        assert not found.passed


def test_the_data_check_keeps_each_violation() -> None:
    found = of(
        data_check={
            "rows": 5000,
            "duplicates": 3,
            "label": {"positive": 700, "negative": 4300},
            "violations": [
                {
                    "feature_name": "State",
                    "constraint_check_type": "drift",
                    "description": "PSI 0.3",
                }
            ],
        }
    ).data_check
    assert found is not None
    assert found.violations[0].column == "State"
    assert found.label == {"positive": 700, "negative": 4300}


@pytest.mark.parametrize(
    ("gap", "tone", "line"),
    [
        (
            Difference("auc", 0.012, 0.004, 0.020),
            Tone.GOOD,
            "Beats production by 0.012 AUC [0.004, 0.020]",
        ),
        (
            Difference("auc", 0.001, -0.003, 0.005),
            Tone.EVEN,
            "As good as production: 0.001 AUC [−0.003, 0.005] is within the noise",
        ),
        (
            Difference("auc", -0.012, -0.020, -0.004),
            Tone.BAD,
            "Worse than production by 0.012 AUC [−0.020, −0.004]",
        ),
        (
            Difference("rmse", -0.2, -0.3, -0.1),
            Tone.GOOD,
            "Beats production by 0.200 RMSE [−0.300, −0.100]",
        ),
        (
            Difference("mse", 0.2),
            Tone.BAD,
            "Worse than production by 0.200 MSE, noise margin unknown",
        ),
    ],
)
def test_the_verdict_on_a_difference(gap: Difference, tone: Tone, line: str) -> None:
    judgement = compare(gap)
    assert (judgement.tone, judgement.line) == (tone, line)


def test_a_challenger_is_compared_with_the_version_it_would_replace() -> None:
    found = judge(of(evaluation=EVALUATION, report=champion(auc=(0.012, 0.004, 0.02))), Kind.REVIEW)
    assert found.line == "Beats version 6 by 0.012 AUC [0.004, 0.020]"
    assert not found.against


def test_a_champion_without_intervals_is_compared_by_its_figures() -> None:
    found = judge(of(evaluation=EVALUATION, report=champion()), Kind.REVIEW)
    assert found.line == "Better than version 6 by 0.012 AUC, noise margin unknown"


def test_a_first_version_is_judged_by_the_gate() -> None:
    found = judge(of(evaluation=EVALUATION, report=REPORT), Kind.REVIEW)
    assert found.tone is Tone.GOOD
    assert found.line == "Passes the gate with AUC 0.921 and F1 0.710; no champion to compare with"


def test_a_missed_gate_speaks_against_a_version_that_beats_the_champion() -> None:
    report = {**champion(auc=(0.012, 0.004, 0.02)), "gate": {"f1": {"min": 0.8}}}
    found = judge(of(evaluation=EVALUATION, report=report), Kind.REVIEW)
    assert found.against
    assert found.line == "F1 is 0.710; the gate asks for at least 0.800"


def test_missing_evidence_speaks_against_a_yes() -> None:
    assert judge(Evidence(), Kind.REVIEW).against
    good = of(evaluation=EVALUATION, report=REPORT)
    assert judge(good, Kind.PROMOTION).line == "Staging left no readable test report"
    assert judge(good, Kind.PROMOTION).against
    nan = {**REPORT, "gate": {"recall": {"min": 0.1}}}
    assert judge(of(evaluation=EVALUATION, report=nan), Kind.REVIEW).against


def test_a_promotion_says_how_staging_went() -> None:
    good = of(evaluation=EVALUATION, report=REPORT, staging=STAGING)
    assert judge(good, Kind.PROMOTION).line.startswith(
        "Passed every staging test (1); passes the ga"
    )
    assert good.staging is not None
    failed = replace(good.staging.checks[0], passed=False)
    bad = replace(good, staging=replace(good.staging, checks=(failed,), passed=False))
    assert judge(bad, Kind.PROMOTION).line == "Staging failed 1 of 1 tests: parity"


@pytest.mark.parametrize("bars", [True, 7, "x", {"5": 1}, [3], [[1]], None])
def test_a_histogram_of_another_type_is_no_bars(bars: Any) -> None:
    odd = {**STAGING, "latency_ms": {"p50": 7, "histogram": bars}}
    staging = of(staging=odd).staging

    assert staging is not None
    assert staging.latency is not None
    assert staging.latency.bars == ()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
names = ("evaluation", "report", "golden", "data_check", "staging")


@settings(max_examples=100, deadline=None)
@given(data=st.data(), name=st.sampled_from(names))
def test_no_file_however_odd_stops_a_page(data: st.DataObject, name: str) -> None:
    templates = {"evaluation": EVALUATION, "report": champion(), "staging": STAGING}
    content = json.loads(json.dumps(templates.get(name, {"rows": 1, "violations": [{}]})))
    place: Any = content
    for _ in range(data.draw(st.integers(0, 3))):
        inner = place[data.draw(st.sampled_from(sorted(place)))]
        if not isinstance(inner, dict) or not inner:
            break
        place = inner
    place[data.draw(st.sampled_from(sorted(place)))] = data.draw(json_values)
    evidence = gather(**{name: json.dumps(content).encode()})
    for kind in Kind:
        assert judge(evidence, kind).line


def test_a_champion_that_could_not_be_asked_is_named_with_the_reason() -> None:
    why = "not comparable: model.ubj was saved by xgboost 2.1.0"
    report = {**REPORT, "champion": {"version": 6, "metrics": {}, "verdict": why}}
    found = judge(of(evaluation=EVALUATION, report=report), Kind.REVIEW)

    assert found.tone is Tone.EVEN
    assert found.line == f"Passes the gate; version 6 is {why}"


def test_segments_keep_their_rows_and_what_was_too_small_has_no_figures() -> None:
    segments = {"Plan": {"yes": {"rows": 60, "auc": 0.88}, "": {"rows": 4}}}
    report = of(report={**REPORT, "segments": segments}).report

    assert report is not None
    assert [(one.value, one.rows, dict(one.figures)) for one in report.segments] == [
        ("yes", 60, {"auc": 0.88}),
        ("", 4, {}),
    ]
