"""Every mail that people get, by name, about the same version as the sample pages."""

from collections.abc import Callable
from datetime import timedelta

from domain.approval import Kind, Verdict
from domain.deciding import decide, expire, void
from domain.evidence import Bound
from domain.flood import Failure
from domain.mail import Mail
from domain.mails import approval_mail, released_mail, reminder_mail, settled_mail, void_mail
from domain.mails_of_runs import (
    build_refused_mail,
    challenger_not_better_mail,
    drift_mail,
    failures_mail,
    gate_not_met_mail,
    pipeline_failed_mail,
    release_failed_mail,
    returned_mail,
)
from domain.monitoring import Drift
from domain.people import Person
from tests.support.sample_pages import (
    ADA,
    COMMIT,
    NOW,
    approval,
    evidence,
    promotion_view,
    review_view,
)

URL = "https://slipway.example/approvals/apr-7f3?p=ada%40example.com&e=1&k=1&s=abc"
PAGE = "https://slipway.example/?p=ada%40example.com&e=1&k=1&s=abc"
DRIFT = Drift(
    6, 4210, "19 Nov 2026", "23 Nov 2026", 0.2,
    (("Day Mins", 0.31, "most in 200 to 250"), ("State", 0.04, "most in OH")), ("Day Mins",),
    "s3://slipway-artifacts/monitor/1/report.json",
)  # fmt: skip
FAILURES = [
    Failure("e1", "pipeline_failed", "Train: <bad> & worse", int(NOW.timestamp()), told=True),
    Failure("e2", "gate_not_met", "AUC 0.83 is below 0.85.", int(NOW.timestamp()) + 60),
]
ASKED = approval(Kind.PROMOTION)
YES = decide(ASKED, Person(ADA), Verdict.APPROVE, "Beats 6 where it matters.", NOW)

MAILS: dict[str, Callable[[], Mail]] = {
    "asked": lambda: approval_mail(promotion_view(), URL),
    "asked-shared": lambda: approval_mail(review_view(person=Person("*")), URL),
    "reminder": lambda: reminder_mail(review_view(now=NOW + timedelta(hours=20)), URL),
    "void": lambda: void_mail(
        promotion_view(approval=void(ASKED, "version 8 superseded it", NOW)), PAGE
    ),
    "settled": lambda: settled_mail(promotion_view(approval=YES), PAGE),
    "expired": lambda: settled_mail(promotion_view(approval=expire(ASKED, ASKED.expires_at))),
    "released": lambda: released_mail(promotion_view(approval=YES), PAGE),
    "release-failed": lambda: release_failed_mail(
        "churn", 7, state="Verify Production", reason="A score differs from the one evaluated.",
        production="Production keeps version 6.", url=PAGE,
    ),
    "returned": lambda: returned_mail("churn", 6, "Ada: too many false alarms.", PAGE),
    "build-refused": lambda: build_refused_mail("churn", COMMIT, "It is stale.", "make pipeline"),
    "pipeline-failed": lambda: pipeline_failed_mail(
        "churn", COMMIT, step="CheckData", reason="line 7: label 'maybe' is neither yes nor no",
        last_lines=["reading data.csv", "ValueError: <label> & 'maybe'"],
        log_url="https://console.aws.example/logs",
    ),
    "failures": lambda: failures_mail(
        "slipway", "churn", FAILURES, COMMIT, ["ValueError: <label> & 'maybe'"],
        "https://console.aws.example/logs",
    ),
    "gate-not-met": lambda: gate_not_met_mail(
        "churn", COMMIT, "AUC 0.83 is below 0.85.", [(Bound("auc", 0.85), 0.83)]
    ),
    "challenger": lambda: challenger_not_better_mail("churn", COMMIT, evidence()),
    "drift": lambda: drift_mail("churn", DRIFT, started=True, is_new=False),
}  # fmt: skip
