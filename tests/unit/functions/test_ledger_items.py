"""The ledger's keys and items."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain import ledger
from domain.ledger import Fact

NOW = datetime(2026, 11, 23, 9, 30, 15, 42_000, tzinfo=UTC)
FACT = Fact("churn", "commit:c1", "build", "Training started", NOW, "build-1", {"n": 1})
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))


def test_kinds_of_items_never_share_a_key() -> None:
    keys = [
        ledger.release_key("x"), ledger.version_key("x"), ledger.approval_key("x"),
        ledger.wait_key("x"), ledger.turn_key("x"), ledger.stage_key("x"),
        ledger.branch_key("x", "x"),
    ]  # fmt: skip

    assert len({(key.pk, key.sk) for key in keys}) == len(keys)


def test_a_release_waits_for_its_turn_and_its_promotion_under_two_names() -> None:
    names = {ledger.turn_wait("r"), ledger.promotion_wait("r"), ledger.endpoint_wait("r")}

    assert len(names) == 3


def test_the_same_cause_is_the_same_line_whenever_and_however_it_is_told() -> None:
    late = replace(FACT, at=NOW + timedelta(hours=3), title="told again", detail={})

    one, two = ledger.timeline_item(FACT), ledger.timeline_item(late)

    assert (one["pk"], one["sk"]) == (two["pk"], two["sk"])


def test_another_cause_another_kind_or_another_subject_is_another_line() -> None:
    others = [
        replace(FACT, cause="build-2"), replace(FACT, kind="commit"),
        replace(FACT, subject="commit:c2"),
    ]  # fmt: skip
    keys = {(i["pk"], i["sk"]) for i in map(ledger.timeline_item, [FACT, *others])}

    assert len(keys) == 4


def test_a_line_is_kept_for_400_days() -> None:
    assert ledger.timeline_item(FACT)["expires"] == int(NOW.timestamp()) + 400 * 86400


def test_a_wait_outlives_the_longest_wait_of_a_state_machine() -> None:
    """Take Turn waits 14 days at most, a promotion as long as its policy says."""
    item = ledger.wait_item("turn:r", "token", NOW)

    assert item["token"] == "token"
    assert item["expires"] >= int(NOW.timestamp()) + 14 * 86400


def test_a_moment_is_written_in_utc_with_milliseconds() -> None:
    assert ledger.iso(NOW) == "2026-11-23T09:30:15.042Z"


@given(MOMENTS, MOMENTS)
def test_the_order_of_written_moments_is_the_order_of_time(one: datetime, two: datetime) -> None:
    if abs(one - two) >= timedelta(milliseconds=1):
        assert (ledger.iso(one) < ledger.iso(two)) == (one < two)
