"""A promotion is asked once, and for a version that is still approved when the release waits."""

from __future__ import annotations

from typing import Any

import pytest
from ask_promotion.promoting import ask

from adapters import approvals, turns
from domain.errors import NotApprovedError
from domain.turn import Release
from tests.support.product import ADA, BOB, COMMIT, NOW, PRODUCTION, World, arn_of

RELEASE = "release-v7-a1"
EVENT = {
    "release_id": RELEASE, "model_package_arn": arn_of(7), "task_token": "token",
    "settings_uri": f"s3://artifacts/definitions/{COMMIT}/settings.json",
}  # fmt: skip


@pytest.fixture(name="tested")
def _tested(world: World) -> World:
    """The release of version 7 has passed staging and has the turn."""
    world.register(7, "Approved")
    turns.take(world.ledger, PRODUCTION, Release(RELEASE, arn_of(7), "arn:r7"), NOW)
    return world


def waits(world: World) -> list[str]:
    """The releases of version 7 that a rejection would end now."""
    return turns.withdraw(world.ledger, PRODUCTION, arn_of(7), "wrong data", NOW)


def test_everybody_is_asked_once_and_the_release_waits(tested: World) -> None:
    ask(EVENT, tested.settings, NOW)
    ask(EVENT, tested.settings, NOW)

    assert [person for person, _ in tested.mails] == [ADA, BOB]
    assert waits(tested) == [RELEASE]


def test_nobody_is_asked_about_a_version_that_was_rejected_during_its_tests(tested: World) -> None:
    tested.versions[arn_of(7)]["ModelApprovalStatus"] = "Rejected"

    with pytest.raises(NotApprovedError):
        ask(EVENT, tested.settings, NOW)

    assert tested.mails == []
    assert approvals.load(tested.ledger, approvals.promotion_id(RELEASE)) is None


def test_a_rejection_that_comes_while_people_are_written_to_is_not_lost(
    tested: World,
) -> None:
    """Its event finds no release that waits: it was told of a moment too early."""
    found: list[Any] = []

    def rejected_meanwhile() -> bool:
        if not found:
            tested.versions[arn_of(7)]["ModelApprovalStatus"] = "Rejected"
            found.append(waits(tested))
        return False

    tested.mail_fails = rejected_meanwhile

    with pytest.raises(NotApprovedError):
        ask(EVENT, tested.settings, NOW)

    assert found == [[]]
