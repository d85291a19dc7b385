"""The release page's view with a history as a real stack has one."""

from dataclasses import replace
from datetime import timedelta

from domain.pages.view import (
    Commit,
    Flight,
    Line,
    ReleasesView,
    Rollback,
    Search,
    StageNow,
    Step,
    VersionRow,
)
from domain.people import Person
from tests.support.sample_pages import ADA, COMMIT, HISTORY, NOW

STEPS = (
    Step("CheckData", "Processing", "Succeeded", 12.0),
    Step("Preprocess", "Processing", "Succeeded", None, ("CheckData",), cached=True),
    Step("Train", "Training", "Succeeded", 214.0, ("Preprocess",)),
    Step("Evaluate", "Processing", "Succeeded", 96.0, ("Train",)),
    Step("GoodEnough", "Condition", "Succeeded", 1.0, ("Evaluate",)),
    Step("RegisterModel", "RegisterModel", "Succeeded", 2.0, ("GoodEnough",)),
    Step("NotGoodEnough", "Fail", "", None, ("GoodEnough",)),
)
VERSIONS = (
    VersionRow(
        8, "PendingManualApproval", NOW - timedelta(minutes=9), (), {"auc": 0.9188, "f1": 0.758},
        Commit("b91c22ef0a1d", "Ada", "Drop the area code"),
        "Not in production: nobody has reviewed it yet.",
        (Line(NOW - timedelta(minutes=9), "Registered as version 8", "AUC 0.919", tone="good"),),
        STEPS,
    ),
    VersionRow(
        7, "Approved", NOW - timedelta(hours=3), ("Staging",), {"auc": 0.9213, "f1": 0.7653},
        COMMIT, "Not in production: it waits for a promotion since 08:42 UTC.", HISTORY, STEPS,
        data="9f3e" * 16,
    ),
    VersionRow(
        6, "Approved", NOW - timedelta(days=9), ("Production",), {"auc": 0.9093, "f1": 0.751},
        Commit("07aa41d3c2b1", "Bob", "Train on October"),
        "In production since 14 Nov 2026, promoted by ada@example.com.", HISTORY[:2], STEPS,
    ),
    VersionRow(
        5, "Rejected", NOW - timedelta(days=12), (), {"auc": 0.871, "f1": 0.66}, None,
        "Not in production: rejected by bob@example.com, “worse for new customers”.",
    ),
)  # fmt: skip


def releases_view(**changed: object) -> ReleasesView:
    """Version 6 is live, 7 waits for its promotion, 8 for its review."""
    view = ReleasesView(
        project="churn",
        now=NOW,
        stages=(
            StageNow("Staging", "churn-staging", 7, NOW - timedelta(hours=1),
                     "serverless, 2048 MB", "Torn down when production is verified."),
            StageNow("Production", "churn-production", 6, NOW - timedelta(days=9),
                     "1 × ml.m5.large"),
        ),
        flights=(
            Flight(7, "Await Promotion", NOW - timedelta(minutes=18), "a promotion", (ADA,),
                   NOW + timedelta(hours=47), "/approvals/apr-7f3?p=a&e=1&k=1&s=x"),
        ),
        versions=VERSIONS,
        person=Person(ADA),
        rollback=Rollback("/rollback?p=a&e=1&k=1&s=x", 4, 6),
        search=Search("made_of", {"p": ADA, "e": "1", "k": "1", "s": "x"}),
    )  # fmt: skip
    return replace(view, **changed)  # type: ignore[arg-type]
