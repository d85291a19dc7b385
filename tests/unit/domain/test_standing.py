"""For each way in which a version may end, the release page says why it is (not) in production."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.approval import Approval, Kind, Verdict
from domain.deciding import Subject, decide, expire, open_approval, settle, void
from domain.people import Person
from domain.policy import StagePolicy
from domain.standing import Known, why

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
ADA = "ada@example.com"
RUNNING = {"outcome": "running"}


def asked(kind: Kind = Kind.REVIEW) -> Approval:
    return open_approval(StagePolicy((ADA,), hours=2), kind, Subject("arn/7", 7, "r7"), "a", NOW)


def said(verdict: Verdict, kind: Kind = Kind.REVIEW, reason: str = "as it should") -> Approval:
    return decide(asked(kind), Person(ADA), verdict, reason, NOW)


def fact(kind: str, title: str, reason: str = "", hours: int = 1) -> dict[str, Any]:
    at = (NOW + timedelta(hours=hours)).isoformat()
    return {"kind": kind, "title": title, "at": at, "detail": {"reason": reason}}


REGISTERED = fact("registered", "Version 7 registered", hours=0)
APPROVED = fact("approved", "Version 7 approved by ada")
YES, NO = Verdict.APPROVE, Verdict.REJECT
LATE = NOW + timedelta(hours=3)
PENDING, REJECTED, IS_APPROVED = "PendingManualApproval", "Rejected", "Approved"
ENDS: dict[str, tuple[Known, str]] = {
    "waits": (Known(7, PENDING, 6, [REGISTERED], [asked()]), "it waits for review."),
    "never asked": (Known(7, PENDING, 6, [REGISTERED]), "nobody was asked about it yet."),
    "by hand": (Known(7, PENDING, 6), "registered by hand, so nobody was asked. Approving it in"),
    "kept when it expired": (
        Known(7, PENDING, 6, [REGISTERED], [expire(asked(), LATE)]),
        "nobody reviewed it before 23 Nov 2026, 11:00 UTC.",
    ),
    "void": (
        Known(7, PENDING, 6, [REGISTERED], [void(asked(), "its artifact was changed", NOW)]),
        "its review ended without an answer: its artifact was changed.",
    ),
    "rejected at review": (
        Known(7, REJECTED, 6, [REGISTERED], [said(NO, reason="worse")]),
        f"{ADA} rejected it at the review, 23 Nov 2026, 09:00 UTC: “worse”",
    ),
    "rejected at promotion": (
        Known(7, REJECTED, 6, [APPROVED], [said(YES), said(NO, Kind.PROMOTION, "slow")]),
        f"{ADA} rejected it at the promotion, 23 Nov 2026, 09:00 UTC: “slow”",
    ),
    "rejected in Studio": (
        Known(7, REJECTED, 6, [REGISTERED], [settle(asked(), NO, "grace", NOW, "wrong data")]),
        "grace rejected it in the model registry, 23 Nov 2026, 09:00 UTC: “wrong data”",
    ),
    "rejected by hand": (
        Known(7, REJECTED, 6, [fact("rejected", "Version 7 rejected by grace", "wrong data")]),
        "version 7 rejected by grace, 23 Nov 2026, 10:00 UTC: wrong data. It is rejected",
    ),
    "silence": (
        Known(7, REJECTED, 6, [REGISTERED], [expire(asked(), LATE)]),
        "nobody decided the review before 23 Nov 2026, 11:00 UTC.",
    ),
    "under way": (Known(7, IS_APPROVED, 6, [APPROVED], [said(YES)], [RUNNING]), "is under way."),
    "frozen": (
        Known(
            7,
            IS_APPROVED,
            6,
            [APPROVED, fact("frozen", "Waits for the freeze to end, 4 Jan")],
            [said(YES), said(YES, Kind.PROMOTION)],
            [RUNNING],
        ),
        "it is promoted, and waits for the freeze to end, 4 Jan.",
    ),
    "waits for promotion": (
        Known(7, IS_APPROVED, 6, [APPROVED], [said(YES), asked(Kind.PROMOTION)], [RUNNING]),
        f"it waits for promotion by {ADA}.",
    ),
    "replaced": (
        Known(7, IS_APPROVED, 8, [APPROVED, fact("released", "Version 7 in production")]),
        "it was, since 23 Nov 2026, 10:00 UTC; then version 8 took its place.",
    ),
    **{
        kind: (
            Known(7, IS_APPROVED, 6, [APPROVED, fact(kind, f"Version 7 {words}", "a reason.")]),
            f"version 7 {words}, 23 Nov 2026, 10:00 UTC: a reason.",
        )
        for kind, words in {
            "superseded": "superseded by a newer release",
            "refused": "refused",
            "withdrawn": "rejected while it was being deployed",
            "staging_failed": "failed in staging",
            "production_failed": "failed in production",
            "expired": "not promoted in time",
        }.items()
    },
    "lost": (Known(7, IS_APPROVED, 6), "it is approved, and no release of it is known."),
}


@pytest.mark.parametrize("end", ENDS)
def test_each_end_has_its_own_answer(end: str) -> None:
    known, words = ENDS[end]
    answer = why(known)
    assert answer.startswith("Not in production: ")
    assert words in answer


def test_notices_and_attempts_after_the_end_are_not_the_answer() -> None:
    facts = [
        fact("staging_failed", "Version 7 failed in staging", "p95 is 900 ms"),
        fact("notice_failed", "Slack was not told of the review", hours=2),
    ]
    assert "p95 is 900 ms" in why(Known(7, IS_APPROVED, 6, facts))


def test_the_live_version_says_since_when_and_by_whom() -> None:
    facts = [fact("released", "Version 7 in production")]
    decided = [said(YES), said(YES, Kind.PROMOTION)]
    answer = why(Known(7, IS_APPROVED, 7, facts, decided))
    assert f"In production since 23 Nov 2026, 10:00 UTC, promoted by {ADA}" in answer
    assert "no other version is approved" in why(Known(7, REJECTED, 7, facts, decided))
