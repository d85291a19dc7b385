"""What a reviewer reads: what is asked, what yes means, the evidence, and what became of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.approval import Approval, Kind, Verdict
from domain.deciding import decide, settle, void
from domain.evidence import Evidence
from domain.pages.approval import render_approval
from domain.pages.messages import render_decided
from domain.pages.view import ApprovalView, Change, Cost
from domain.people import Person
from tests.support.html_check import Page
from tests.support.sample_gallery import FAILED, WORSE
from tests.support.sample_pages import (
    ADA,
    NOW,
    REPORT,
    STAGING,
    approval,
    evidence,
    promotion_view,
    review_view,
)


def shown(view: ApprovalView) -> Page:
    return Page(render_approval(view))


def buttons(page: Page) -> list[str | None]:
    return [b.get("value") for b in page.all("button") if b.get("name") == "decision"]


def test_a_promotion_says_what_is_replaced_how_and_at_what_cost() -> None:
    page = shown(promotion_view())
    for words in (
        "Promote version 7 to production?",
        "Passed every staging test (7); beats version 6 by 0.012 AUC [0.004, 0.020]",
        "Version 7 replaces version 6 on churn-production (1 × ml.m5.large).",
        "Traffic moves by canary 10 %, watched for 5 min",
        "If you say no: Production keeps version 6",
        "You decide as ada@example.com",
        "+$84",
        "It finds 106 of 143 positive rows (74.1 %) at a threshold of 0.410",
        "The distribution moved against version 6: PSI 0.14",
        "Same scores as evaluated",
        "Cap tree depth at five",
        "Bob Example <bob@example.com>",
        "sagemaker-xgboost:3.0-5",
        "Staging passed",
    ):
        assert words in page.text
    assert buttons(page) == ["approve", "reject"]


def test_a_review_says_that_production_stays_as_it_is() -> None:
    page = shown(review_view())
    assert "Version 7 is deployed to churn-staging (serverless, 2048 MB)" in page.text
    assert "Production stays as it is; you are asked again before it changes." in page.text
    assert "1,000 requests with known answers go with this version" in page.text


def test_each_part_that_is_missing_is_said_to_be_missing() -> None:
    page = shown(
        promotion_view(evidence=Evidence(), commit=None, lineage=(), cost=None, history=())
    )
    for words in (
        "Staging left no readable test report",
        "No evaluation was found for this version.",
        "The report holds no feature importances.",
        "No report of the data check was found for this version.",
        "Staging left no report.",
        "No commit is recorded",
        "No lineage is recorded",
        "The monthly cost is unknown.",
        "Nothing is recorded for this version yet.",
    ):
        assert words in page.text
    assert buttons(page) == ["approve", "reject"]


def test_a_cost_that_is_not_known_is_unknown_and_never_zero() -> None:
    page = shown(promotion_view(cost=Cost(84.0, None, "ml.new.large has no listed price")))
    assert "After a yes unknown Change unknown" in page.text
    assert "$0" not in page.text


def test_a_failed_staging_test_shows_what_was_sent_and_what_came_back() -> None:
    page = shown(promotion_view(evidence=evidence(staging=FAILED)))
    assert "Staging failed 1 of 7 tests: parity" in page.text
    assert "The evidence is against it" in page.text
    assert "Sent OH,107,415" in page.text
    assert "Came back 0.913 (registered 0.022)" in page.text
    assert "for a yes: the evidence speaks against it" in page.text


def test_a_worse_challenger_is_called_worse() -> None:
    page = shown(review_view(evidence=evidence(report=WORSE, staging=None)))
    assert "Worse than version 6 by 0.012 AUC [−0.020, −0.004]" in page.text


def test_a_shared_link_asks_for_a_name_and_a_personal_one_does_not() -> None:
    asked = approval(Kind.REVIEW)
    shared = shown(review_view(person=Person("*"), approval=replace(asked, shared=True)))
    assert [f.get("id") for f in shared.all("input")] == ["name"]
    assert shown(review_view()).all("input") == []


def test_a_shared_link_only_shows_where_everybody_has_a_link_of_their_own() -> None:
    page = shown(review_view(person=Person("*")))
    assert page.all("button") == []
    assert "This link shows the evidence; it does not decide." in page.text


def test_the_page_says_what_silence_means() -> None:
    asked = approval(Kind.REVIEW)
    assert "silence counts as a no" in shown(review_view()).text
    kept = shown(review_view(approval=replace(asked, rejects_on_expiry=False)))
    assert "silence changes nothing" in kept.text


def test_what_was_typed_comes_back_with_the_reason_why_it_did_not_count() -> None:
    view = review_view(problem="A no needs a reason.", typed={"reason": "so <far>"})
    page = shown(view)
    assert "A no needs a reason." in page.text
    assert "so <far>" in page.text
    assert page.all("textarea")[0]["aria-invalid"] == "true"


def test_the_committer_gets_no_yes_button_under_four_eyes() -> None:
    bob = Person("bob@example.com")
    page = shown(promotion_view(person=bob, approval=approval(Kind.PROMOTION, four_eyes=True)))
    assert buttons(page) == ["reject"]
    assert "You committed this, so somebody else must say yes." in page.text


def test_the_page_says_where_four_eyes_rest_on_somebody_s_word() -> None:
    asked = approval(Kind.PROMOTION, four_eyes=True)
    known = shown(promotion_view(approval=asked)).text
    unknown = shown(promotion_view(approval=replace(asked, committer=""))).text
    shared = promotion_view(approval=replace(asked, shared=True), person=Person("*"))
    assert "four eyes cannot be checked" in unknown
    assert "a shared link takes your word" in shown(shared).text
    assert "four eyes" not in known
    assert "your word" not in known


def test_a_name_typed_into_a_shared_link_is_shown_as_such() -> None:
    asked = replace(approval(Kind.REVIEW), shared=True)
    said = decide(asked, Person("*", "bob@example.com"), Verdict.REJECT, "worse", NOW)
    page = shown(review_view(approval=said, person=Person("*")))
    assert "bob@example.com said no, by the name typed into a shared link" in page.text


def test_a_freeze_is_named_before_anybody_says_yes() -> None:
    page = shown(promotion_view(frozen_until=NOW + timedelta(days=1), frozen_why="year end"))
    assert "It waits until 24 Nov 2026, 09:00 UTC, when the freeze (year end) ends." in page.text


def test_one_of_two_yeses_is_shown_and_asked_for_once() -> None:
    half = decide(approval(Kind.PROMOTION, yeses=2), Person(ADA), Verdict.APPROVE, "good", NOW)
    mine = shown(promotion_view(approval=half))
    assert buttons(mine) == []
    assert "Your yes is recorded; one more person must say yes" in mine.text
    other = shown(promotion_view(approval=half, person=Person("bob@example.com")))
    assert buttons(other) == ["approve", "reject"]
    assert "2 people must say yes; 1 did so far. ada@example.com said yes" in other.text


def ended() -> list[tuple[Approval, str]]:
    asked = approval(Kind.PROMOTION)
    ada = Person(ADA)
    return [
        (decide(asked, ada, Verdict.APPROVE, "fine", NOW), "Approved 23 Nov 2026, 09:00 UTC"),
        (decide(asked, ada, Verdict.REJECT, "bad", NOW), "ada@example.com said no “bad”"),
        (void(asked, "version 8 superseded it", NOW), "left to decide: version 8 superseded it."),
        (settle(asked, Verdict.APPROVE, "studio-user", NOW), "said yes in the model registry"),
        (replace(asked, expires_at=NOW), "Nobody decided before 23 Nov 2026, 09:00 UTC"),
    ]


@pytest.mark.parametrize(("after", "words"), ended())
def test_an_ended_question_shows_its_end_and_offers_nothing(after: Approval, words: str) -> None:
    page = shown(promotion_view(approval=after))
    assert words in page.text
    assert page.all("form") == []
    assert page.all("button") == []


def test_a_regression_has_no_curves() -> None:
    quality = {"regression_metrics": {"rmse": {"value": 2.1}, "mae": {"value": 1.5}}}
    report = {"gate": {"rmse": {"max": 2.5}}}
    page = shown(review_view(evidence=evidence(evaluation=quality, report=report, staging=None)))
    assert "Passes the gate with RMSE 2.100; no champion to compare with" in page.text
    assert "gate ≤ 2.500" in page.text
    assert "ROC" not in page.text
    assert "Right and wrong" not in page.text


def test_a_first_version_replaces_nothing() -> None:
    page = shown(promotion_view(change=Change("churn-production")))
    assert "Version 7 becomes the first version on churn-production." in page.text
    assert "Production stays empty" in page.text


def test_a_counted_decision_says_what_happens_now() -> None:
    yes = decide(approval(Kind.PROMOTION), Person(ADA), Verdict.APPROVE, "", NOW)
    page = Page(render_decided(promotion_view(approval=yes)))
    assert "You approved version 7" in page.text
    assert "Version 7 replaces version 6" in page.text
    no = decide(approval(Kind.REVIEW), Person(ADA), Verdict.REJECT, "bad", NOW)
    assert "marked Rejected" in Page(render_decided(review_view(approval=no))).text


def test_what_the_settings_skip_is_said_to_be_untested() -> None:
    report = {**STAGING, "skipped": ["latency"]}
    page = shown(promotion_view(evidence=evidence(staging=report)))
    assert "Not tested" in page.text
    assert "stages.yaml skips: Fast enough" in page.text
    assert "Passed every staging test (7), without latency" in page.text
    assert "Not tested" not in shown(promotion_view(evidence=evidence(staging=STAGING))).text


def test_segments_are_a_table_and_a_small_one_says_nothing() -> None:
    segments = {"Plan": {"yes": {"rows": 60, "auc": 0.88, "f1": 0.7}, "": {"rows": 4}}}
    page = shown(review_view(evidence=evidence(report={**REPORT, "segments": segments})))

    assert "Segment Rows AUC F1 yes Plan 60 0.880 0.700 (missing) Plan 4 – –" in page.text
    assert "By segment" not in shown(review_view(evidence=evidence(report=REPORT))).text


def test_a_violation_of_the_data_is_named_beside_the_verdict() -> None:
    page = render_approval(review_view())
    assert "The evidence is for it; the data check has 1 violation<" in page


def test_the_decision_is_one_tap_away_from_top_and_bottom_while_it_is_open() -> None:
    page = render_approval(review_view())
    assert page.count('href="#decide"') == 2
    assert page.count('id="decide"') == 1
    assert page.index('href="#decide"') < page.index("If you say yes")
    over = render_approval(review_view(now=NOW + timedelta(days=3)))
    assert 'href="#decide"' not in over
