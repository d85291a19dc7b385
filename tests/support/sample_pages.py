"""Page views with figures as a real run gives them, for tests and for the preview."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.approval import Approval, Kind
from domain.deciding import Subject, open_approval
from domain.evidence import Evidence
from domain.evidence_files import gather
from domain.pages.view import (
    ApprovalView,
    Change,
    Commit,
    Cost,
    Fact,
    Line,
)
from domain.people import Person
from domain.policy import StagePolicy

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ADA = "ada@example.com"
ARN = "arn:aws:sagemaker:us-east-1:111122223333:model-package/churn/7"

EVALUATION: dict[str, Any] = {
    "version": 0.0,
    "dataset": {"item_count": 1000},
    "binary_classification_metrics": {
        "confusion_matrix": {"0": {"0": 829, "1": 28}, "1": {"0": 37, "1": 106}},
        "auc": {"value": 0.9213, "standard_deviation": 0.0112},
        "average_precision": {"value": 0.8127, "standard_deviation": 0.0241},
        "accuracy": {"value": 0.935, "standard_deviation": 0.0079},
        "precision": {"value": 0.791, "standard_deviation": 0.034},
        "recall": {"value": 0.7413, "standard_deviation": 0.036},
        "f1": {"value": 0.7653, "standard_deviation": 0.029},
        "accuracy_best_constant_classifier": {"value": 0.857, "standard_deviation": "NaN"},
        "receiver_operating_characteristic_curve": {
            "false_positive_rates": [(i / 60) ** 2.4 for i in range(61)],
            "true_positive_rates": [1 - (1 - (i / 60) ** 2.4) ** 11 for i in range(61)],
        },
        "precision_recall_curve": {
            "recalls": [i / 60 for i in range(1, 61)],
            "precisions": [1 - 0.857 * (i / 60) ** 4.6 for i in range(1, 61)],
        },
    },
}
REPORT: dict[str, Any] = {
    "gate": {"auc": {"min": 0.85}, "f1": {"min": 0.6}},
    "threshold": 0.41,
    "champion": {
        "version": 6,
        "metrics": {
            "auc": 0.9093, "average_precision": 0.796, "f1": 0.751, "precision": 0.802,
            "recall": 0.706, "accuracy": 0.933,
        },
        "differences": {
            "auc": {"value": 0.012, "low": 0.004, "high": 0.020},
            "average_precision": {"value": 0.0167, "low": -0.002, "high": 0.036},
        },
    },
    "importances": [
        {"column": "Day Mins", "mean_abs_shap": 0.912},
        {"column": "CustServ Calls", "mean_abs_shap": 0.644},
        {"column": "Int'l Plan", "mean_abs_shap": 0.517},
        {"column": "Eve Mins", "mean_abs_shap": 0.385},
        {"column": "Intl Mins", "mean_abs_shap": 0.231},
        {"column": "VMail Message", "mean_abs_shap": 0.198},
        {"column": "Night Mins", "mean_abs_shap": 0.141},
        {"column": "Intl Calls", "mean_abs_shap": 0.117},
        {"column": "State", "mean_abs_shap": 0.084},
    ],
    "baseline": {
        "always_negative": {"accuracy": 0.857, "f1": 0.0, "auc": 0.5},
        "linear": {"auc": 0.8214, "average_precision": 0.4512},
    },
    "rows": {"train": 3500, "validation": 500, "test": 1000},
    "model_sha256": "9f2c41d07be5a8836e1f90b2d6c7734415aa02ce88f1d3b9640757ef1c20aa31",
    "xgboost_version": "3.0.5",
    "tree_method": "hist",
    "rounds": 84,
}  # fmt: skip
CHECK: dict[str, Any] = {
    "rows": 5000,
    "duplicates": 12,
    "label": {"positive": 713, "negative": 4287},
    "violations": [
        {
            "feature_name": "Day Mins",
            "constraint_check_type": "baseline_drift_check",
            "description": "The distribution moved against version 6: PSI 0.14, the limit is 0.10.",
        }
    ],
}
STAGING: dict[str, Any] = {
    "passed": True,
    "endpoint": "churn-staging",
    "started_at": "2026-11-23T08:41:00Z",
    "checks": [
        {"name": "artifact", "passed": True,
         "detail": "The artifact is the one that was evaluated (sha256 9f2c41d07be5…)."},
        {"name": "errors", "passed": True, "detail": "All 1220 good requests were answered."},
        {"name": "schema", "passed": True, "detail": "1000 rows, 1000 scores, all in range."},
        {"name": "parity", "passed": True, "detail": "AUC 0.9213 on the endpoint, 0.9213 "
         "registered; the largest difference of one score is 1.2e-07."},
        {"name": "refusals", "passed": True, "detail": "Refused with 4xx: empty, too short, not "
         "a number, of the wrong type. The endpoint lives on."},
        {"name": "determinism", "passed": True, "detail": "The same rows gave the same scores."},
        {"name": "latency", "passed": True, "detail": "p95 12 ms over 200 single-row requests, 4 "
         "at a time; the budget is 500 ms."},
    ],
    "latency_ms": {
        "p50": 7.4, "p95": 12.1, "p99": 31.6, "concurrency": 4,
        "histogram": [[5.0, 18], [10.0, 158], [20.0, 19], [50.0, 4], [100.0, 1], [200.0, 0]],
    },
    "requests": 1220,
    "errors": 0,
}  # fmt: skip
COMMIT = Commit(
    id="4be1c09d7f3a2b6658d01c4e9a77f6b2c3d4e5f6",
    author="Bob Example <bob@example.com>",
    message="Cap tree depth at five\n\nDeeper trees learnt the area code by heart.",
    at=NOW - timedelta(hours=3),
    url="https://github.example/acme/churn/commit/4be1c09d7f3a",
    repository="acme/churn",
    branch="main",
    files=("pipeline_def/churn/parameters.yaml", "pipeline_def/churn/pipeline.json"),
)
LINEAGE = (
    Fact("Data", "s3://slipway-artifacts/data/ (5,000 rows)"),
    Fact("Data digest", "sha256:71c0e5b2d4aa", code=True),
    Fact("Settings digest", "sha256:0e94cc17b3f1", code=True),
    Fact("Image", "sagemaker-xgboost:3.0-5", code=True),
    Fact("Pipeline execution", "churn/execution/k3v9x2m1q0ab", code=True),
)
HISTORY = (
    Line(NOW - timedelta(hours=3), "Committed", "Cap tree depth at five", "bob@example.com"),
    Line(NOW - timedelta(hours=2, minutes=58), "Pipeline started", "6 steps, none from the cache"),
    Line(
        NOW - timedelta(hours=2, minutes=40),
        "Registered as version 7",
        "AUC 0.921, F1 0.765",
        tone="good",
    ),
    Line(NOW - timedelta(hours=2), "Approved for staging", "Looks right.", ADA, "good"),
    Line(NOW - timedelta(minutes=19), "Staging passed", "7 of 7 tests, p95 12 ms", tone="good"),
    Line(NOW - timedelta(minutes=18), "Promotion asked", "Open for 24 h", tone="wait"),
)


def evidence(**changed: Any) -> Evidence:
    """All evidence of version 7; name a file to replace its content, None to leave it out."""
    files = {"evaluation": EVALUATION, "report": REPORT, "data_check": CHECK, "staging": STAGING}
    files["golden"] = {"rows": 1000, "metrics": {"auc": 0.9213}}
    files.update(changed)
    present = {name: json.dumps(file).encode() for name, file in files.items() if file is not None}
    return gather(**present)


def approval(kind: Kind, **rules: Any) -> Approval:
    """A pending question about version 7, asked a while ago."""
    policy = StagePolicy((ADA, "bob@example.com"), hours=48, **rules)
    subject = Subject(ARN, 7, "churn-v7-a1", "bob@example.com")
    return open_approval(policy, kind, subject, "apr-7f3", NOW - timedelta(minutes=18))


def review_view(**changed: Any) -> ApprovalView:
    """The page that asks for staging."""
    view = ApprovalView(
        project="churn",
        approval=approval(Kind.REVIEW),
        person=Person(ADA),
        evidence=evidence(staging=None),
        change=Change("churn-staging", None, "serverless, 2048 MB"),
        now=NOW,
        commit=COMMIT,
        lineage=LINEAGE,
        cost=Cost(84.0, 84.0, "us-east-1, on-demand list prices of 2026-10-01. Serverless staging "
                  "costs per request only."),
        history=HISTORY[:3],
    )  # fmt: skip
    return replace(view, **changed)


def promotion_view(**changed: Any) -> ApprovalView:
    """The page that asks for production."""
    view = replace(
        review_view(),
        approval=approval(Kind.PROMOTION),
        evidence=evidence(),
        change=Change("churn-production", 6, "1 × ml.m5.large", "canary 10 %, watched for 5 min"),
        cost=Cost(84.0, 168.0, "us-east-1, on-demand list prices of 2026-10-01: 2 × ml.m5.large "
                  "at $0.115 per hour, 730 hours."),
        history=HISTORY,
    )  # fmt: skip
    return replace(view, **changed)
