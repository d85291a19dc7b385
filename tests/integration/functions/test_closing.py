"""A release is closed once, and never half, whatever its outcome."""

import json

import pytest
from close_release.closing import OUTCOMES, QUIET, Settings, close

from adapters import approvals, turns
from domain import ledger as keys
from domain import turn
from domain.approval import Approval, Kind, State, Verdict
from domain.deciding import Subject, open_approval
from domain.policy import StagePolicy
from domain.turn import Release
from tests.support.product import ADA, BOB, NOW, PRODUCTION, World, arn_of

RELEASE = "release-v7-a1"


def begin(world: World, name: str = RELEASE, number: int = 7) -> None:
    """A release that holds the turn and waits for its promotion."""
    world.register(number, "Approved")
    world.ledger.create(
        keys.release_key(name),
        {"project": "churn", "at": keys.iso(NOW), "model_package_arn": arn_of(number),
         "outcome": "running", "execution_arn": f"arn:{name}"},
    )  # fmt: skip
    turns.take(world.ledger, PRODUCTION, Release(name, arn_of(number), f"arn:{name}"), NOW)


def promotion(world: World, name: str = RELEASE, number: int = 7) -> Approval:
    approval = open_approval(
        StagePolicy((ADA, BOB)), Kind.PROMOTION, Subject(arn_of(number), number, name),
        approvals.promotion_id(name), NOW,
    )  # fmt: skip
    approvals.create(world.ledger, approval, "churn")
    return approval


def settings(world: World) -> Settings:
    return Settings(**vars(world.settings), release_state_machine_arn="release")


def event(outcome: str, cause: str = "because") -> dict[str, str]:
    return {
        "release_id": RELEASE, "model_package_arn": arn_of(7), "outcome": outcome,
        "error": "SomeError", "cause": cause,
    }  # fmt: skip


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_outcome_is_recorded_and_gives_the_turn_back(world: World, outcome: str) -> None:
    begin(world)

    closed = close(event(outcome), settings(world), NOW)

    assert closed["closed"]
    stored = world.ledger.get(keys.release_key(RELEASE)) or {}
    assert (stored["outcome"], stored["reason"]) == (outcome, "because")
    assert turn.from_item(world.ledger.get(keys.turn_key(PRODUCTION)) or {}).holder is None
    assert [i["kind"] for i in world.ledger.timeline(arn_of(7))] == [outcome]


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_closing_twice_tells_and_writes_once(world: World, outcome: str) -> None:
    begin(world)
    first = close(event(outcome), settings(world), NOW)
    table, mails = world.table(), list(world.mails)

    second = close(event(outcome), settings(world), NOW)

    assert not second["closed"]
    assert (world.table(), world.mails) == (table, mails)
    # Step Functions may have lost the first answer: staging is to stand as long as it said.
    assert second["keep_seconds"] == first["keep_seconds"]


@pytest.mark.parametrize("outcome", sorted(set(OUTCOMES) - QUIET - {"released"}))
def test_people_hear_why_it_did_not_get_there(world: World, outcome: str) -> None:
    begin(world)

    close(event(outcome), settings(world), NOW)

    assert [person for person, _ in world.mails] == [ADA, BOB]


@pytest.mark.parametrize("outcome", sorted(QUIET))
def test_what_a_person_did_themselves_is_not_told(world: World, outcome: str) -> None:
    begin(world)

    close(event(outcome), settings(world), NOW)

    assert world.mails == []


def test_a_mail_that_fails_is_sent_when_closing_is_tried_again(world: World) -> None:
    begin(world)
    world.mail_fails = lambda: True
    with pytest.raises(RuntimeError, match="SES throttles"):
        close(event("staging_failed"), settings(world), NOW)
    world.mail_fails = lambda: False

    closed = close(event("staging_failed"), settings(world), NOW)

    assert closed["closed"]
    assert [person for person, _ in world.mails] == [ADA, BOB]
    assert (world.ledger.get(keys.release_key(RELEASE)) or {})["outcome"] == "staging_failed"


def test_mail_that_never_works_does_not_turn_a_release_into_a_failure(world: World) -> None:
    """The execution fails then, and its end is an event: the outcome stays what it was."""
    begin(world)
    promotion(world)
    approvals.settle(
        world.ledger, approvals.promotion_id(RELEASE), Verdict.APPROVE, ADA, NOW, "good"
    )
    world.mail_fails = lambda: True
    with pytest.raises(RuntimeError):
        close(event("released"), settings(world), NOW)

    assert not close(event("failed"), settings(world), NOW)["closed"]
    assert (world.ledger.get(keys.release_key(RELEASE)) or {})["outcome"] == "released"


def test_an_open_promotion_becomes_void_and_says_why(world: World) -> None:
    begin(world)
    promotion(world)

    close(event("failed"), settings(world), NOW)

    ended = approvals.load(world.ledger, approvals.promotion_id(RELEASE))
    assert ended
    assert ended.state is State.VOID
    assert "because" in ended.why


def test_the_next_in_line_goes_on(world: World) -> None:
    begin(world)
    world.register(8, "Approved")
    world.ledger.register_wait(keys.turn_wait("release-v8-a1"), "token-8", NOW)
    turns.take(world.ledger, PRODUCTION, Release("release-v8-a1", arn_of(8), "arn:8"), NOW)
    assert world.resumed == []

    close(event("failed"), settings(world), NOW)

    assert world.resumed == [("token-8", {"release_id": "release-v8-a1"})]
    assert world.ledger.awaited(keys.turn_wait("release-v8-a1")) is None


def test_the_reason_of_a_nested_failure_is_told_in_its_own_words(world: World) -> None:
    begin(world)
    inner = json.dumps({"errorMessage": "the endpoint rolled back", "errorType": "X"})
    cause = json.dumps({"Error": "DeploymentRolledBack", "Cause": inner})

    closed = close(event("production_failed", cause), settings(world), NOW)

    assert closed["reason"] == "the endpoint rolled back"
    assert closed["error"] == "DeploymentRolledBack"


def test_a_release_that_was_refused_before_it_began_is_told_too(world: World) -> None:
    world.register(7, "Rejected")

    closed = close(event("refused"), settings(world), NOW)

    assert closed["closed"]
    assert [person for person, _ in world.mails] == [ADA, BOB]


def test_the_end_of_an_execution_that_is_no_release_of_ours_closes_nothing(world: World) -> None:
    nobody = {"release_id": "unknown", "outcome": "failed", "error": "ABORTED", "cause": ""}

    assert not close(nobody, settings(world), NOW)["closed"]
    assert world.mails == []


def test_a_second_release_in_line_is_not_closed_with_the_first(world: World) -> None:
    begin(world)
    begin(world, "release-v8-a1", 8)

    close(event("failed"), settings(world), NOW)

    assert (world.ledger.get(keys.release_key("release-v8-a1")) or {})["outcome"] == "running"


@pytest.mark.parametrize("outcome", ["released", "withdrawn", "production_failed", "failed"])
def test_a_rejected_version_does_not_stay_in_production_however_its_release_ended(
    world: World, outcome: str
) -> None:
    world.register(6, "Approved")
    begin(world)
    world.register(7, "Rejected")
    world.ledger.update(keys.stage_key(PRODUCTION), {"model_package_arn": arn_of(7)})

    close(event(outcome), settings(world), NOW)
    close(event(outcome), settings(world), NOW)

    (begun,) = world.started.values()
    assert begun["model_package_arn"] == arn_of(6)
    assert begun["replaces"] == arn_of(7)
