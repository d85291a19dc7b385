"""An approval is decided once, by someone who may, in time, with a reason where one is due."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.approval import (
    AlreadyDecidedError,
    Approval,
    ApprovalError,
    ApprovalExpiredError,
    ApprovalVoidError,
    FourEyesError,
    Kind,
    NotAnApproverError,
    ReasonRequiredError,
    State,
    Verdict,
)
from domain.approval_item import from_item, to_item
from domain.deciding import (
    Subject,
    decide,
    due_for_reminder,
    expire,
    open_approval,
    people_to_ask,
    reminded,
    settle,
    void,
)
from domain.errors import InvalidSettingsError
from domain.people import NameRequiredError, Person
from domain.policy import StagePolicy

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ADA, BOB, EVE = Person("ada@example.com"), Person("bob@example.com"), Person("eve@example.com")
SUBJECT = Subject("arn:aws:sagemaker:us-east-1:1:model-package/churn/7", 7, "r-7", BOB.address)
RULES = StagePolicy((ADA.address, BOB.address), hours=10)
YES, NO = Verdict.APPROVE, Verdict.REJECT


def pending(rules: StagePolicy = RULES, **more: bool) -> Approval:
    return open_approval(rules, Kind.REVIEW, SUBJECT, "apr-1", NOW, **more)


def test_one_yes_approves_and_names_who_said_it() -> None:
    after = decide(pending(), ADA, YES, "", NOW + HOUR)
    assert after.state is State.APPROVED
    assert [(d.person, d.at) for d in after.decisions] == [(ADA.address, NOW + HOUR)]
    assert after.revision == pending().revision + 1


def test_a_no_needs_a_reason_and_ends_it() -> None:
    with pytest.raises(ReasonRequiredError):
        decide(pending(), ADA, NO, "  \n", NOW)
    after = decide(pending(), ADA, NO, " worse for new customers ", NOW)
    assert after.state is State.REJECTED
    assert after.decisions[0].reason == "worse for new customers"


def test_a_yes_against_the_evidence_needs_a_reason() -> None:
    asked = pending(reason_for_yes=True)
    with pytest.raises(ReasonRequiredError):
        decide(asked, ADA, YES, "", NOW)
    assert decide(asked, ADA, YES, "the champion leaks", NOW).state is State.APPROVED


def test_deciding_twice_gives_back_the_first_decision() -> None:
    first = decide(pending(), ADA, YES, "", NOW)
    with pytest.raises(AlreadyDecidedError) as error:
        decide(first, BOB, NO, "too late", NOW + HOUR)
    assert error.value.approval == first


def test_two_yeses_need_two_people() -> None:
    once = decide(pending(replace(RULES, yeses=2)), ADA, YES, "", NOW)
    assert (once.state, once.yeses_missing) == (State.PENDING, 1)
    with pytest.raises(AlreadyDecidedError):
        decide(once, Person("ADA@example.com"), YES, "", NOW)
    assert decide(once, BOB, YES, "", NOW).state is State.APPROVED


def test_four_eyes_keep_the_committer_from_saying_yes_but_not_from_saying_no() -> None:
    asked = pending(replace(RULES, four_eyes=True))
    with pytest.raises(FourEyesError):
        decide(asked, Person(" Bob@Example.com"), YES, "", NOW)
    assert decide(asked, BOB, NO, "found a bug", NOW).state is State.REJECTED
    assert people_to_ask(asked) == (ADA.address,)


@pytest.mark.parametrize(
    "made_by",
    ["BOB@example.com", "bob+git@example.com", "dev@example.com bob@example.com"],
)
def test_four_eyes_know_a_person_by_another_spelling_and_as_author_or_committer(
    made_by: str,
) -> None:
    subject, rules = replace(SUBJECT, committer=made_by), replace(RULES, four_eyes=True)
    asked = open_approval(rules, Kind.REVIEW, subject, "apr-1", NOW)
    with pytest.raises(FourEyesError):
        decide(asked, BOB, YES, "", NOW)
    assert decide(asked, ADA, YES, "", NOW).state is State.APPROVED
    with pytest.raises(InvalidSettingsError, match="only 1 people may give one"):
        open_approval(replace(rules, yeses=2), Kind.REVIEW, subject, "apr-1", NOW)


@pytest.mark.parametrize("reason", ["", " \r\n\t", "\x00\u202e", "\u200b \u2060", "\u00a0"])
def test_a_reason_that_nobody_can_see_is_none(reason: str) -> None:
    with pytest.raises(ReasonRequiredError):
        decide(pending(), ADA, NO, reason, NOW)


def test_a_reason_is_kept_as_it_is_shown() -> None:
    after = decide(pending(), ADA, NO, "slow\u202e\x07\nand  ünsure ", NOW)
    assert after.decisions[0].reason == "slow\nand  ünsure"


def test_a_name_that_was_typed_is_told_from_a_link_of_one_s_own() -> None:
    asked = pending(shared=True)
    assert decide(asked, Person("*", ADA.address), YES, "", NOW).decisions[0].via == "shared"
    assert decide(asked, ADA, YES, "", NOW).decisions[0].via == "link"


def test_four_eyes_hold_for_the_name_typed_into_a_shared_link() -> None:
    asked = pending(replace(RULES, four_eyes=True), shared=True)
    with pytest.raises(FourEyesError):
        decide(asked, Person("*", BOB.address), YES, "", NOW)


def test_rules_that_can_never_be_met_are_refused_when_the_question_is_asked() -> None:
    with pytest.raises(InvalidSettingsError, match="only 1 people may give one"):
        pending(replace(RULES, yeses=2, four_eyes=True))


def test_someone_else_may_not_decide() -> None:
    with pytest.raises(NotAnApproverError):
        decide(pending(), EVE, YES, "", NOW)
    with pytest.raises(NotAnApproverError):
        decide(pending(), Person("*", "Eve"), YES, "", NOW)


def test_a_shared_link_counts_with_a_name() -> None:
    asked = pending(shared=True)
    with pytest.raises(NameRequiredError):
        decide(asked, Person("*"), YES, "", NOW)
    assert decide(asked, Person("*", "Ada L."), YES, "", NOW).decisions[0].person == "Ada L."


def test_its_time_ends_it_even_before_anyone_has_written_that_down() -> None:
    late = NOW + 10 * HOUR
    with pytest.raises(ApprovalExpiredError):
        decide(pending(), ADA, YES, "", late)
    assert expire(pending(), late - timedelta(seconds=1)) == pending()
    gone = expire(pending(), late)
    assert gone.state is State.EXPIRED
    with pytest.raises(ApprovalExpiredError):
        decide(gone, ADA, YES, "", NOW)


def test_a_void_approval_says_why() -> None:
    gone = void(pending(), "superseded by version 8", NOW)
    with pytest.raises(ApprovalVoidError, match="superseded by version 8"):
        decide(gone, ADA, YES, "", NOW)


def test_the_registry_settles_an_open_approval_whatever_the_rules_say() -> None:
    after = settle(pending(replace(RULES, yeses=2)), YES, "studio-user", NOW)
    assert after.state is State.APPROVED
    assert after.decisions[0].via == "registry"
    assert settle(after, NO, "other", NOW) is after


def test_an_ended_approval_never_changes() -> None:
    done = decide(pending(), ADA, YES, "", NOW)
    assert void(done, "late", NOW) is done
    assert expire(done, NOW + 99 * HOUR) is done


def test_people_are_reminded_once_and_only_while_there_is_time() -> None:
    asked = pending()
    assert not due_for_reminder(asked, NOW + 4 * HOUR)
    assert due_for_reminder(asked, NOW + 5 * HOUR)
    assert not due_for_reminder(asked, NOW + 10 * HOUR)
    assert not due_for_reminder(reminded(asked, NOW + 5 * HOUR), NOW + 6 * HOUR)
    assert not due_for_reminder(pending(replace(RULES, remind_at=0)), NOW + 5 * HOUR)
    assert not due_for_reminder(decide(asked, ADA, YES, "", NOW), NOW + 5 * HOUR)


class Stored:
    """The ledger's promise: a write counts only if the revision read is still there."""

    def __init__(self, approval: Approval) -> None:
        self.item = to_item(approval)

    def read(self) -> Approval:
        return from_item(self.item)

    def write(self, before: Approval, after: Approval) -> bool:
        if self.item["revision"] != before.revision:
            return False
        self.item = to_item(after)
        return True


def test_every_interleaving_of_two_deciders_ends_in_exactly_one_decision() -> None:
    steps = [("ada", "read"), ("ada", "write"), ("bob", "read"), ("bob", "write")]
    orders = [o for o in permutations(steps) if _reads_first(o)]
    assert len(orders) == 6
    for order in orders:
        store, read, counted = Stored(pending()), dict[str, Approval](), 0
        for who, step in order:
            if step == "read":
                read[who] = store.read()
                continue
            counted += _try_to_decide(store, read[who], ADA if who == "ada" else BOB)
        assert counted == 1
        assert len(store.read().decisions) == 1


def _reads_first(order: tuple[tuple[str, str], ...]) -> bool:
    return all(order.index((w, "read")) < order.index((w, "write")) for w in ("ada", "bob"))


def _try_to_decide(store: Stored, before: Approval, person: Person) -> int:
    try:
        after = decide(before, person, YES if person == ADA else NO, "because", NOW)
    except AlreadyDecidedError:
        return 0
    return int(store.write(before, after))


people = st.sampled_from([ADA, BOB, EVE, Person("*", "Ada"), Person("*")])
events = st.one_of(
    st.tuples(st.just("decide"), people, st.sampled_from([YES, NO]), st.sampled_from(["", "r"])),
    st.tuples(st.just("void"), st.just(ADA), st.just(NO), st.text(max_size=9)),
    st.tuples(st.just("settle"), people, st.sampled_from([YES, NO]), st.just("")),
    st.tuples(st.just("expire"), st.just(ADA), st.just(NO), st.just("")),
)


@settings(max_examples=100, deadline=None)
@given(
    happenings=st.lists(st.tuples(events, st.integers(0, 12)), max_size=8),
    yeses=st.integers(1, 2),
    shared=st.booleans(),
)
def test_whatever_happens_an_end_is_final_and_every_step_survives_the_ledger(
    happenings: list[tuple[Any, int]], yeses: int, shared: bool
) -> None:
    now, approval = NOW, pending(replace(RULES, yeses=yeses), shared=shared)
    for event, hours in happenings:
        now += hours * HOUR
        before = approval
        approval = _apply(approval, event, now)
        assert from_item(_as_dynamodb(to_item(approval))) == approval
        assert approval.revision == before.revision + (approval != before)
        if not before.is_pending:
            assert approval == before
    if approval.state is State.APPROVED:
        settled = any(d.via == "registry" for d in approval.decisions)
        assert settled or len(approval.yeses) == yeses
        assert not [d for d in approval.decisions if d.verdict is NO]


def _apply(approval: Approval, event: Any, now: datetime) -> Approval:
    what, person, verdict, text = event
    try:
        if what == "decide":
            return decide(approval, person, verdict, text, now)
        if what == "settle":
            return settle(approval, verdict, person.label, now)
        return void(approval, text, now) if what == "void" else expire(approval, now)
    except (ApprovalError, NameRequiredError):
        return approval


def _as_dynamodb(value: Any) -> Any:
    """What boto3 gives back: numbers as Decimal; and nothing but plain types went in."""
    if isinstance(value, dict):
        return {key: _as_dynamodb(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_as_dynamodb(inner) for inner in value]
    assert type(value) in (str, int)
    return Decimal(value) if isinstance(value, int) else value
