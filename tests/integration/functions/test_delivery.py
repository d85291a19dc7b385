"""One address that SES does not take: the others are told, once, and people see who was not."""

from dataclasses import replace

import pytest
from botocore.exceptions import ClientError
from close_release.closing import close

from adapters import approvals, asking, reviewing, telling
from adapters.asking import Settings
from adapters.delivery import NobodyToldError
from domain import ledger as keys
from tests.support.product import ADA, BOB, COMMIT, NOW, World, arn_of

CAROL = "carol@example.com"
URI = f"s3://artifacts/definitions/{COMMIT}/settings.json"
REVIEW = approvals.review_id(arn_of(7))


@pytest.fixture(name="three")
def _three(world: World) -> Settings:
    """A stack with three approvers, the second of whom is not verified in SES's sandbox."""
    world.ses_says[BOB] = "MessageRejected"
    return replace(world.settings, approvers=f"{ADA},{BOB},{CAROL}")


def written_to(world: World) -> list[str]:
    return [person for person, _ in world.mails]


def test_the_others_are_asked_and_the_page_says_who_could_not_be(
    world: World, three: Settings
) -> None:
    assert asking.review(world.register(7), URI, three, NOW)

    assert written_to(world) == [ADA, CAROL]
    shown, page = reviewing.show(world.request(world.link(REVIEW)), world.pages, NOW)
    assert (shown, f"No mail could be sent to {BOB}" in page) == (200, True)


def test_the_end_of_a_question_and_of_a_release_reaches_the_others(
    world: World, three: Settings
) -> None:
    asking.review(world.register(7), URI, three, NOW)
    approvals.void(world.ledger, REVIEW, "version 8 is newer", NOW)
    assert telling.tell(REVIEW, three, NOW)
    world.ledger.create(
        keys.release_key("r7"), {"model_package_arn": arn_of(7), "outcome": "running"}
    )
    ended = {"release_id": "r7", "outcome": "staging_failed", "error": "E", "cause": "slow"}
    assert close(ended, three, NOW)["closed"]

    assert written_to(world) == [ADA, CAROL] * 3


def test_a_quota_is_tried_again_and_nobody_is_asked_twice(world: World, three: Settings) -> None:
    world.ses_says[BOB] = "LimitExceededException"
    version = world.register(7)
    with pytest.raises(ClientError, match="LimitExceeded"):
        asking.review(version, URI, three, NOW)
    assert written_to(world) == [ADA, CAROL]
    del world.ses_says[BOB]

    assert asking.review(version, URI, three, NOW)

    assert written_to(world) == [ADA, CAROL, BOB]


def test_a_question_that_reaches_nobody_is_a_fault(world: World, three: Settings) -> None:
    world.ses_says = dict.fromkeys((ADA, BOB, CAROL), "MessageRejected")

    with pytest.raises(NobodyToldError, match=CAROL):
        asking.review(world.register(7), URI, three, NOW)
