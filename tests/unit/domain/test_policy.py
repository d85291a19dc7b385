"""The approvals section of stages.yaml: defaults, and words that name the setting and the mend."""

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.approval import Kind
from domain.errors import InvalidSettingsError
from domain.policy import Policy, parse_policy

ADA = "ada@example.com"


def parse(**section: Any) -> Policy:
    return parse_policy({"approvals": section}, [ADA])


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_project_without_the_section_asks_the_stack_s_approvers() -> None:
    policy = parse_policy({}, [" Ada@Example.com ", ADA])
    assert policy.review.approvers == (ADA,)
    assert (policy.review.hours, policy.promotion.hours) == (72, 24)
    assert policy.of(Kind.PROMOTION) is policy.promotion
    assert policy.review.on_expiry == "reject"


def test_each_setting_is_read() -> None:
    review = parse(
        review={
            "approvers": [ADA, "bob@example.com"],
            "yeses": 2,
            "four_eyes": True,
            "hours": 4,
            "on_expiry": "keep",
            "remind_at": 0.25,
        }
    ).review
    assert review.approvers == (ADA, "bob@example.com")
    assert (review.yeses, review.four_eyes, review.hours) == (2, True, 4)
    assert (review.on_expiry, review.remind_at) == ("keep", 0.25)


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"reveiw": {}}, "knows review and promotion, not reveiw"),
        ({"review": {"hour": 3}}, "approvals.review has no setting hour"),
        ({"review": []}, None),
        ({"review": ["x"]}, "approvals.review must be a section"),
        ({"review": {"hours": "3"}}, "approvals.review.hours must be a number"),
        ({"review": {"hours": 0}}, "approvals.review.hours must be a number"),
        ({"review": {"hours": True}}, "approvals.review.hours must be a number"),
        ({"review": {"hours": float("nan")}}, "approvals.review.hours must be a number"),
        ({"review": {"yeses": 2}}, "approvals.review.yeses must be a number from 1 to 1"),
        ({"review": {"yeses": 0}}, "approvals.review.yeses must be a number from 1 to 1"),
        ({"review": {"four_eyes": "yes"}}, "approvals.review.four_eyes must be true or false"),
        ({"review": {"on_expiry": "approve"}}, "must be reject or keep, not 'approve'"),
        ({"review": {"approvers": "ada@example.com"}}, "must be a list of mail addresses"),
        ({"review": {"approvers": ["*"]}}, "'*', which is no mail address"),
        ({"review": {"approvers": ["ada"]}}, "'ada', which is no mail address"),
        ({"promotion": {"freeze": "Fri"}}, "must be a list of windows"),
        ({"promotion": {"freeze": [{"from": "Fri 16:00"}]}}, "freeze[0] has from, until"),
        (
            {"promotion": {"freeze": [{"from": "Fri 25:00", "until": "Mon 06:00"}]}},
            "freeze[0].from is 'Fri 25:00'; write",
        ),
        (
            {"promotion": {"freeze": [{"from": "Fri 16:00", "until": "2026-12-20"}]}},
            "mixes a day of the week with a date",
        ),
        (
            {"promotion": {"freeze": [{"from": "2026-12-20", "until": "2026-12-19"}]}},
            "ends before it starts",
        ),
    ],
)
def test_a_wrong_setting_is_refused_by_name(section: dict[str, Any], words: str | None) -> None:
    if words is None:
        assert parse(**section).review.hours == 72
        return
    with pytest.raises(InvalidSettingsError) as error:
        parse(**section)
    assert words in str(error.value)


def test_a_freeze_between_two_moments_holds_until_its_end() -> None:
    window = {"from": "2026-12-20T00:00Z", "until": "2027-01-04T00:00Z", "why": "year end"}
    rules = parse(promotion={"freeze": [window]}).promotion
    assert rules.frozen_until(at("2026-12-19T23:59")) is None
    assert rules.frozen_until(at("2026-12-20T00:00")) == (at("2027-01-04T00:00"), "year end")
    assert rules.frozen_until(at("2027-01-04T00:00")) is None


def test_a_weekly_freeze_holds_over_the_turn_of_the_week() -> None:
    rules = parse(promotion={"freeze": [{"from": "Fri 16:00", "until": "Mon 06:00"}]}).promotion
    assert rules.frozen_until(at("2026-11-20T15:59")) is None
    for inside in ("2026-11-20T16:00", "2026-11-22T12:00", "2026-11-23T05:59"):
        assert rules.frozen_until(at(inside)) == (at("2026-11-23T06:00"), "")
    assert rules.frozen_until(at("2026-11-23T06:00")) is None


def test_of_several_freezes_the_last_to_end_counts() -> None:
    rules = parse(
        promotion={
            "freeze": [
                {"from": "Mon 08:00", "until": "Mon 12:00", "why": "short"},
                {"from": "Mon 09:00", "until": "Tue 09:00", "why": "long"},
            ]
        }
    ).promotion
    assert rules.frozen_until(at("2026-11-23T10:00")) == (at("2026-11-24T09:00"), "long")


def test_freezes_without_a_gap_between_them_are_one_to_who_is_asked() -> None:
    rules = parse(
        promotion={
            "freeze": [
                {"from": "Fri 16:00", "until": "Mon 06:00", "why": "weekend"},
                {"from": "2026-11-23T00:00Z", "until": "2026-11-28T00:00Z", "why": "fair"},
            ]
        }
    ).promotion
    assert rules.frozen_until(at("2026-11-21T10:00")) == (at("2026-11-30T06:00"), "weekend")
    assert rules.frozen_until(at("2026-11-30T06:00")) is None


def test_weekly_freezes_that_leave_no_minute_are_refused() -> None:
    with pytest.raises(InvalidSettingsError, match="no minute of the week"):
        parse(
            promotion={
                "freeze": [
                    {"from": "Mon 00:00", "until": "Sat 00:00"},
                    {"from": "Fri 12:00", "until": "Mon 00:00"},
                ]
            }
        )


def test_weekly_freezes_without_a_gap_wait_as_long_as_all_of_them() -> None:
    windows = [
        {"from": "Thu 00:00", "until": "Sat 00:00"},
        {"from": "Sat 00:00", "until": "Tue 00:00"},
    ]
    with pytest.raises(InvalidSettingsError, match=r"freeze 5\)"):
        parse(promotion={"hours": 42 * 24, "freeze": windows})


YEAR_END = {"from": "2026-12-20T00:00Z", "until": "2027-01-04T00:00Z"}


@pytest.mark.parametrize(
    ("promotion", "keep_minutes", "words"),
    [
        ({"hours": 44 * 24 + 1}, 0, "approvals.promotion.hours 44"),
        ({"hours": 30 * 24, "freeze": [YEAR_END]}, 0, "approvals.promotion.freeze 15"),
        ({"hours": 15 * 24}, 30 * 24 * 60, "staging.keep_minutes 30"),
        ({"hours": 42 * 24, "freeze": [{"from": "Fri 16:00", "until": "Mon 06:00"}]}, 0, "2.58"),
        # Two windows without a gap between them are one.
        ({"hours": 24, "freeze": [YEAR_END, {"from": "2027-01-03", "until": "2027-02-05"}]}, 0,
         "approvals.promotion.freeze 47"),
    ],
)  # fmt: skip
def test_what_a_release_cannot_wait_for_is_refused(
    promotion: dict[str, Any], keep_minutes: int, words: str
) -> None:
    stages = {"staging": {"keep_minutes": keep_minutes}, "approvals": {"promotion": promotion}}
    with pytest.raises(InvalidSettingsError) as error:
        parse_policy(stages, [ADA])
    assert words in str(error.value)
    assert "can wait 44: it ends after 60 days" in str(error.value)


def test_a_release_may_wait_as_long_as_its_machine_can() -> None:
    assert parse(promotion={"hours": 44 * 24}).promotion.hours == 1056


def test_a_review_is_not_the_releases_wait_and_may_take_a_year() -> None:
    assert parse(review={"hours": 24 * 365}).review.hours == 8760
