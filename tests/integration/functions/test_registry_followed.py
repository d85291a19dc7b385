"""What the registry says is what counts, however often and in whatever order it is told."""

from datetime import timedelta
from itertools import permutations

import pytest
from start_release.following import Settings, follow

from adapters import approvals, turns
from domain import ledger as keys
from domain import turn
from domain.approval import Approval, Kind, State, Verdict
from domain.deciding import Subject, decide, open_approval
from domain.people import Person
from domain.policy import StagePolicy
from domain.turn import Release
from tests.support.product import ADA, NOW, PRODUCTION, TABLE, World, arn_of

SETTINGS = Settings(TABLE, PRODUCTION, "churn", "arn:release")


def approve(world: World, number: int) -> None:
    world.versions[arn_of(number)]["ModelApprovalStatus"] = "Approved"


def reject(world: World, number: int) -> None:
    world.versions[arn_of(number)]["ModelApprovalStatus"] = "Rejected"


def reset(world: World, number: int) -> None:
    world.versions[arn_of(number)]["ModelApprovalStatus"] = "PendingManualApproval"


def told(world: World, number: int, at: int = 0, reset_at: int | None = None) -> dict[str, object]:
    """An event is handled `at` so many seconds; it tells of a reset at another, or of none."""
    taken_back = None if reset_at is None else NOW + timedelta(seconds=reset_at)
    return follow(arn_of(number), SETTINGS, NOW + timedelta(seconds=at), taken_back)


def released(world: World) -> list[str]:
    return [str(value["model_package_arn"]).rsplit("/", 1)[1] for value in world.started.values()]


def ask(world: World, kind: Kind, approval_id: str, release: str = "") -> Approval:
    subject = Subject(arn_of(7), 7, release)
    approval = open_approval(StagePolicy((ADA,)), kind, subject, approval_id, NOW)
    approvals.create(world.ledger, approval, "churn")
    return approval


def test_an_approved_version_is_released_once_however_often_it_is_told(world: World) -> None:
    world.register(7, "Approved")

    answers = [told(world, 7)["started"] for _ in range(4)]

    assert answers == [True, False, False, False]
    assert released(world) == ["7"]


def test_an_event_that_is_late_finds_what_the_registry_says_now(world: World) -> None:
    """Approved, then Rejected: the event of the approval comes after both."""
    world.register(7, "Rejected")

    assert not told(world, 7)["started"]
    assert world.started == {}


def test_a_version_that_waits_starts_nothing(world: World) -> None:
    world.register(7)
    before = world.table()

    assert not told(world, 7)["started"]
    assert world.table() == before


def test_a_version_that_is_approved_again_is_released_again(world: World) -> None:
    world.register(7, "Approved")
    told(world, 7)
    reject(world, 7)
    told(world, 7)
    approve(world, 7)

    assert told(world, 7)["started"]
    assert released(world) == ["7", "7"]
    assert len(world.started) == 2


def test_a_version_that_is_reset_and_approved_again_is_released_again(world: World) -> None:
    world.register(7, "Approved")
    told(world, 7)
    reset(world, 7)
    assert not told(world, 7, at=10, reset_at=10)["started"]
    approve(world, 7)

    assert [told(world, 7, at=20)["started"] for _ in range(3)] == [True, False, False]
    assert released(world) == ["7", "7"]


def test_a_reset_whose_event_is_slower_than_the_new_approval_is_a_reset_all_the_same(
    world: World,
) -> None:
    world.register(7, "Approved")
    told(world, 7)
    assert not told(world, 7, at=20)["started"], "the new approval; nobody knows of the reset yet"

    answers = [told(world, 7, at=at, reset_at=10)["started"] for at in (21, 22, 40)]

    assert answers == [True, False, False]
    assert released(world) == ["7", "7"]


@pytest.mark.parametrize(
    "events", sorted(set(permutations(["reset", "approved", "reset", "approved"])))
)
def test_a_reset_before_the_only_approval_releases_once_in_whatever_order_it_is_told(
    world: World, events: tuple[str, ...]
) -> None:
    """Rejected, reset at 5, approved at 6: each is told twice, and late."""
    world.register(7, "Rejected")
    told(world, 7)
    approve(world, 7)

    for at, event in enumerate(events, 10):
        told(world, 7, at=at, reset_at=5 if event == "reset" else None)

    assert released(world) == ["7"]


def test_a_replayed_reset_starts_no_second_release(world: World) -> None:
    world.register(7, "Approved")
    told(world, 7)
    reset(world, 7)
    told(world, 7, at=10, reset_at=10)
    approve(world, 7)
    told(world, 7, at=20)
    before = dict(world.started)

    assert not told(world, 7, at=30, reset_at=10)["started"]
    assert world.started == before


def test_exactly_the_approved_version_is_released_and_not_the_newest(world: World) -> None:
    world.register(7, "Approved")
    world.register(9, "Approved")

    told(world, 7)

    assert released(world) == ["7"]


def test_a_decision_in_studio_settles_the_open_review(world: World) -> None:
    world.register(7, "Approved", LastModifiedBy={"UserProfileName": "grace"})
    review = approvals.review_id(arn_of(7))
    ask(world, Kind.REVIEW, review)

    told(world, 7)

    settled = approvals.load(world.ledger, review)
    assert settled
    assert settled.state is State.APPROVED
    assert (settled.decisions[0].person, settled.decisions[0].via) == ("grace", "registry")


def _line(world: World) -> tuple[str, str]:
    """The last line about an approval in version 7's timeline, and its reason."""
    (*_, line) = [i for i in world.ledger.timeline(arn_of(7)) if i["kind"] == "approved"]
    return str(line["title"]), str(line["detail"]["reason"])


def test_the_timeline_names_the_people_who_said_yes_and_not_the_function_that_wrote_it(
    world: World,
) -> None:
    ours = {"IamIdentity": {"Arn": "arn:aws:sts::1:assumed-role/role/churn-DecideApproval-1A2B"}}
    asked = ask(world, Kind.REVIEW, approvals.review_id(arn_of(7)))
    said = decide(asked, Person(ADA), Verdict.APPROVE, "Good figures,\r\nin each segment", NOW)
    approvals.change(world.ledger, asked.id, lambda _: said)
    written = f"{ADA}: Good figures, in each segment"
    world.register(7, "Approved", LastModifiedBy=ours, ApprovalDescription=written)

    told(world, 7)
    assert _line(world) == (f"Version 7 approved by {ADA}", "Good figures,\r\nin each segment")

    # Taken back, and approved again in Studio by somebody else: that is another decision.
    reject(world, 7)
    told(world, 7)
    world.register(
        7, "Approved", LastModifiedBy={"UserProfileName": "grace"}, ApprovalDescription="After all"
    )
    told(world, 7)
    assert _line(world) == ("Version 7 approved by grace", "After all")


def _waits_for_promotion(world: World) -> None:
    release = Release("r7", arn_of(7), "arn:r7")
    turns.take(world.ledger, PRODUCTION, release, NOW)
    turns.enter(world.ledger, PRODUCTION, "r7", "waiting", NOW)
    world.ledger.register_wait(keys.promotion_wait("r7"), "token", NOW)
    ask(world, Kind.PROMOTION, approvals.promotion_id("r7"), "r7")


def test_a_version_that_is_rejected_while_it_waits_is_withdrawn_with_the_reason(
    world: World,
) -> None:
    world.register(7, "Rejected", ApprovalDescription="wrong data")
    _waits_for_promotion(world)

    assert told(world, 7)["void"] == ["r7"]

    ((token, error, why),) = world.failed
    assert (token, error) == ("token", "NotApprovedError")
    assert "wrong data" in why
    ended = approvals.load(world.ledger, approvals.promotion_id("r7"))
    assert ended
    assert ended.state is State.VOID
    assert "wrong data" in ended.why


def test_rejecting_another_version_leaves_a_waiting_release_alone(world: World) -> None:
    world.register(8, "Rejected")
    _waits_for_promotion(world)

    assert told(world, 8)["void"] == []
    assert world.failed == []


def test_a_version_that_is_deploying_is_not_interrupted(world: World) -> None:
    world.register(7, "Rejected")
    turns.take(world.ledger, PRODUCTION, Release("r7", arn_of(7), "arn:r7"), NOW)

    assert told(world, 7)["void"] == []


@pytest.fixture(name="live")
def _live(world: World) -> World:
    """7 is in production; 5 and 6 are still approved, 6 is the newer one."""
    for number, status in ((5, "Approved"), (6, "Approved"), (7, "Approved")):
        world.register(number, status)
        told(world, number)
    world.ledger.update(keys.stage_key(PRODUCTION), {"model_package_arn": arn_of(7)})
    world.started.clear()
    reject(world, 7)
    return world


def test_rejecting_what_is_live_releases_the_newest_that_is_still_approved(live: World) -> None:
    assert told(live, 7)["started"]

    assert released(live) == ["6"]


def test_rejecting_what_is_live_told_twice_releases_once(live: World) -> None:
    told(live, 7)
    told(live, 7)

    assert released(live) == ["6"]


def test_a_crash_before_the_successor_started_is_made_up_for(
    live: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from adapters import executions

    def broken(*_: object) -> bool:
        raise RuntimeError("Step Functions throttles")

    with monkeypatch.context() as patch:
        patch.setattr(executions, "start", broken)
        with pytest.raises(RuntimeError):
            told(live, 7)

    assert told(live, 7)["started"]
    assert released(live) == ["6"]


def test_without_a_successor_production_stays_and_the_timeline_says_so(world: World) -> None:
    world.register(7, "Approved")
    told(world, 7)
    world.ledger.update(keys.stage_key(PRODUCTION), {"model_package_arn": arn_of(7)})
    world.started.clear()
    reject(world, 7)

    assert not told(world, 7)["started"]
    assert "rejected" in {item["kind"] for item in world.ledger.timeline(arn_of(7))}


def test_a_turn_whose_holder_died_is_taken_over(world: World) -> None:
    turns.take(world.ledger, PRODUCTION, Release("dead", arn_of(6), "arn:dead"), NOW)
    world.ended.add("arn:dead")
    world.ledger.register_wait(keys.turn_wait("r7"), "token-7", NOW)

    turns.take(world.ledger, PRODUCTION, Release("r7", arn_of(7), "arn:r7"), NOW + timedelta(1))

    holder = turn.from_item(world.ledger.get(keys.turn_key(PRODUCTION)) or {}).holder
    assert holder
    assert holder.release_id == "r7"
    assert world.resumed == [("token-7", {"release_id": "r7"})]


def test_a_newer_release_ends_the_one_that_waits_for_promotion(world: World) -> None:
    _waits_for_promotion(world)
    world.ledger.register_wait(keys.turn_wait("r8"), "token-8", NOW)

    turns.take(world.ledger, PRODUCTION, Release("r8", arn_of(8), "arn:r8"), NOW)

    assert [(token, error) for token, error, _ in world.failed] == [("token", "SupersededError")]
    assert world.resumed == []
    turns.leave(world.ledger, PRODUCTION, "r7", NOW)
    assert world.resumed == [("token-8", {"release_id": "r8"})]
