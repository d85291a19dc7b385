"""A mail can be decided on without opening anything, and can only be acted on through its link."""

from dataclasses import replace

import pytest

from domain.approval import Kind, Verdict
from domain.deciding import decide, expire, void
from domain.evidence import Bound
from domain.figures import moment
from domain.flood import Failure
from domain.mail import Letter, Mail, write
from domain.mails import (
    approval_mail,
    released_mail,
    reminder_mail,
    settled_mail,
    void_mail,
)
from domain.mails_of_runs import (
    build_refused_mail,
    challenger_not_better_mail,
    failures_mail,
    gate_not_met_mail,
    pipeline_failed_mail,
    release_failed_mail,
)
from domain.people import Person
from tests.support.html_check import Page
from tests.support.sample_gallery import WORSE
from tests.support.sample_mails import MAILS, URL
from tests.support.sample_pages import (
    ADA,
    COMMIT,
    NOW,
    approval,
    evidence,
    promotion_view,
    review_view,
)


def words_of(mail: Mail) -> list[str]:
    """The words of both forms of a mail, which say the same."""
    return [" ".join(mail.text.split()), Page(mail.html, is_mail=True).text]


@pytest.mark.parametrize("name", MAILS)
def test_every_mail_is_valid_html_and_says_the_same_as_its_text(name: str) -> None:
    mail = MAILS[name]()
    page = Page(mail.html, is_mail=True)
    assert page.faults == []
    assert page.all("html")[0]["lang"] == "en"
    said = " ".join(mail.text.split())
    for words in page.text.split():
        assert words in said


def test_a_question_carries_its_figures_and_one_link() -> None:
    mail = approval_mail(promotion_view(), URL)
    assert mail.subject == "[churn] Promote version 7 to production?"
    assert mail.text.count("https://") == 1
    assert mail.html.count("https://") == 1
    assert URL in mail.text
    for words in words_of(mail):
        for figure in (
            "beats version 6 by 0.012 AUC [0.004, 0.020]",
            "AUC 0.921 +0.012 to v6 (0.909)",
            "7 of 7 passed",
            "+$84 at list prices",
            "Version 7 replaces version 6 on churn-production",
            "If you say no: Production keeps version 6",
            "Open until 25 Nov 2026, 08:42 UTC",
            "Opening the link changes nothing",
            "for ada@example.com alone",
            "Cap tree depth at five",
        ):
            assert figure in words


def test_a_shared_link_says_that_it_is_shared_and_asks_for_the_name() -> None:
    mail = approval_mail(review_view(person=Person("*")), URL)
    assert "shared by everybody who gets this mail, so the page asks for your name" in mail.text
    assert "unsubscribe" in mail.text


def test_a_reminder_answers_the_first_mail_in_the_same_thread() -> None:
    first, again = approval_mail(review_view(), URL), reminder_mail(review_view(), URL)
    assert again.subject == f"Re: {first.subject}"
    assert again.headers["References"] == first.headers["References"] == "<apr-7f3@slipway>"
    assert "Still open, for another 48 h." in again.text


def test_mails_about_the_outcome_stay_in_the_thread() -> None:
    asked = approval(Kind.PROMOTION)
    yes = decide(asked, Person(ADA), Verdict.APPROVE, "fine by me", NOW)
    mails = {
        "No longer needed": void_mail(promotion_view(approval=void(asked, "version 8 came", NOW))),
        "ada@example.com said yes": settled_mail(promotion_view(approval=yes)),
        "Nobody decided before": settled_mail(
            promotion_view(approval=expire(asked, asked.expires_at))
        ),
        "serves version 7 in place of version 6": released_mail(promotion_view(approval=yes)),
    }
    for words, mail in mails.items():
        assert mail.subject == "Re: [churn] Promote version 7 to production?"
        assert words in " ".join(mail.text.split())
    assert "“fine by me”" in mails["ada@example.com said yes"].text


def test_a_refused_build_says_why_and_what_mends_it() -> None:
    mail = build_refused_mail("churn", COMMIT, "pipeline.json is stale.", "run make pipeline")
    assert mail.subject == "[churn] Build refused: 4be1c09d"
    for words in words_of(mail):
        assert "pipeline.json is stale. To mend it: run make pipeline" in words


def test_a_failed_pipeline_names_step_reason_and_the_end_of_the_log() -> None:
    lines = [f"line {n}" for n in range(50)]
    mail = pipeline_failed_mail(
        "churn", COMMIT, step="CheckData", reason="line 7: label 'maybe'",
        last_lines=lines,
    )  # fmt: skip
    assert mail.subject == "[churn] Pipeline failed: CheckData"
    assert "line 7: label 'maybe'" in mail.text
    assert "line 49" in mail.text
    assert "line 29\n" not in mail.text
    assert "nothing changed in staging or production" in mail.text


def test_one_mail_for_an_hour_counts_by_kind_and_ends_with_the_last_one() -> None:
    start = int(NOW.timestamp())
    failures = [Failure(f"e{n}", "pipeline_failed", f"Train: {n} bad", start + n) for n in range(8)]
    failures += [Failure(f"g{n}", "gate_not_met", f"Gate: {n} low", start + 9 + n) for n in (0, 1)]
    mail = failures_mail("slipway", "churn", failures, COMMIT, ["the last line"], "https://log")
    assert mail.subject == "[churn] slipway failed 10 times within the hour"
    for words in words_of(mail):
        assert "Failed at a step 8" in words
        assert "Gate not met 2" in words
        assert f"{NOW:%H:%M} Train: 0 bad" in words
        assert "Gate: 1 low" in words
        assert "the last line" in words
        assert "told at once" not in words
    assert "https://log" in mail.text
    assert "Gate: 1 low" in failures_mail("slipway", "churn", failures * 9).text


def test_one_mail_for_more_than_an_hour_says_since_when_and_what_was_told_before() -> None:
    start = int(NOW.timestamp())
    failures = [
        Failure("e1", "pipeline_failed", "Train: bad", start, told=True),
        Failure("e2", "pipeline_failed", "Train: bad", start + 9000),
    ]
    mail = failures_mail("slipway", "churn", failures)
    assert mail.subject == f"[churn] slipway failed 2 times since {moment(NOW)}"
    assert "was told at once" in mail.text


def test_a_missed_gate_shows_the_numbers_beside_the_thresholds() -> None:
    bounds = [(Bound("auc", low=0.85), 0.612), (Bound("f1", low=0.6), None)]
    mail = gate_not_met_mail("churn", None, "AUC 0.612 is below 0.85.", bounds)
    for words in words_of(mail):
        assert "AUC 0.612 at least 0.850" in words
        assert "F1 – at least 0.600" in words


def test_a_challenger_that_is_not_better_is_told_with_its_interval() -> None:
    mail = challenger_not_better_mail("churn", COMMIT, evidence(report=WORSE))
    assert "Worse than version 6 by 0.012 AUC [−0.020, −0.004]." in mail.text


def test_the_pipelines_own_words_about_the_challenger_are_kept() -> None:
    said = "The challenger is not better: auc 0.71 against 0.91 of version 6 (gate.margin is 0.01)"
    mail = challenger_not_better_mail("churn", COMMIT, evidence(report=WORSE), said)
    for words in words_of(mail):
        assert said in words
        assert "to v6 (0.9" in words


def test_a_failed_release_says_what_production_serves_now() -> None:
    mail = release_failed_mail(
        "churn", 7, state="Staging Failed", reason="parity",
        production="Production keeps version 6.",
    )  # fmt: skip
    for words in words_of(mail):
        assert "It ended in “Staging Failed”: parity Production keeps version 6." in words


def test_a_subject_is_one_line_whatever_it_is_made_of() -> None:
    commit = replace(COMMIT, id="abc\r\nBcc: eve@example.com" + "x" * 300)
    mail = build_refused_mail("churn\n", commit, "why")
    assert "\n" not in mail.subject
    assert "\r" not in mail.subject
    assert len(write("x" * 400, Letter("h")).subject) == 150


def test_the_subject_for_sns_is_short_ascii() -> None:
    mail = write("[churn] Größer – " + "x" * 200, Letter("h"))
    assert len(mail.sns_subject) < 100
    assert mail.sns_subject.isascii()


@pytest.mark.parametrize("address", ["javascript:alert(1)", "ftp://x", ""])
def test_a_button_only_leads_to_the_web(address: str) -> None:
    html = write("s", Letter("h", button=("Go", address))).html
    assert "href" not in html


def test_no_text_of_a_stranger_becomes_markup_in_a_mail() -> None:
    evil = replace(COMMIT, message="<script>alert(1)</script>", author='"><img src=x>')
    mail = approval_mail(promotion_view(commit=evil), URL)
    assert "<script" not in mail.html
    assert "<img" not in mail.html


def test_a_stranger_s_name_turns_no_words_of_a_mail_around() -> None:
    author = replace(COMMIT, author="Ada \u202eevil\u2069\x07 <ada@example.com>")
    mail = approval_mail(replace(review_view(), commit=author), URL)

    for form in (mail.text, mail.html):
        assert not set(form) & set("\u202e\u2069\x07")
    assert "Ada evil" in mail.text


def test_a_commit_that_writes_a_novel_leaves_the_link_within_what_sns_takes() -> None:
    novel = replace(COMMIT, message="ü" * 400_000, author=f"Ada\r\n{'x' * 9000} <a@example.com>")
    mail = approval_mail(replace(review_view(person=Person("*")), commit=novel), URL)

    assert URL in mail.sns_text
    assert len(mail.text) < 4000
    assert mail.text == mail.sns_text


def test_a_log_that_is_too_long_for_sns_is_cut_between_two_characters() -> None:
    mail = pipeline_failed_mail(
        "churn", COMMIT, step="Train", reason="x", last_lines=["ü" * 200_000]
    )

    assert len(mail.sns_text.encode()) <= 256 * 1024
    assert mail.sns_text.endswith("ü\n…\n")


@pytest.mark.parametrize("project", ["churn", "über–churn", "x" * 300, "a\nb"])
def test_a_subject_is_one_that_sns_takes(project: str) -> None:
    subject = approval_mail(replace(review_view(), project=project), URL).sns_subject

    assert subject.isascii()
    assert subject.isprintable()
    assert len(subject) < 100
    assert subject[0] == "["
