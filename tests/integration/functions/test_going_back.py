"""The button of the release page: to which config it goes, and how often it may be pressed."""

from datetime import timedelta

import pytest
from roll_back.going_back import Settings, go_back

from adapters import secrets
from adapters.http import Request
from domain import keeping, links
from domain import ledger as keys
from domain.keeping import Good
from tests.support.product import ADA, BOB, NOW, PRODUCTION, TABLE, World, arn_of


def good(number: int, verified: bool = True) -> Good:
    """A config that ran a version."""
    name = f"{PRODUCTION}-v{number}-ab"
    return Good(name, name, arn_of(number), f"release-v{number}-a1", verified=verified)


@pytest.fixture(name="settings")
def _settings(world: World) -> Settings:
    return Settings(
        approvers=f"{ADA},{BOB}", ledger_table=TABLE, link_secret_arn=world.secret_arn,
        production_endpoint_name=PRODUCTION, project_name="churn",
        release_state_machine_arn="arn:release",
    )  # fmt: skip


def runs(world: World, *configs: Good) -> None:
    """Production runs the first, and ran the others before."""
    for entry in configs:
        world.register(int(entry.model_package_arn.rsplit("/", 1)[1]), "Approved")
    stage = {"model_package_arn": configs[0].model_package_arn, "good": keeping.to_items(configs)}
    world.ledger.update(keys.stage_key(PRODUCTION), stage)


def press(world: World, settings: Settings, version: int) -> tuple[int, str]:
    key_id, key = secrets.signing_key(world.secret_arn)
    query = links.sign(key, key_id, links.RELEASES, ADA, NOW + timedelta(days=1))
    request = world.request(f"/x?{query}", version=str(version), reason="answers are odd")
    return go_back(Request({}, *vars_after_path(request)), settings, NOW)


def vars_after_path(request: Request) -> tuple[dict[str, str], bytes, str, str, str]:
    return request.query, request.body, request.content_type, request.address, request.agent


def test_a_second_click_begins_nothing_while_the_first_is_under_way(
    world: World, settings: Settings
) -> None:
    runs(world, good(8), good(7))

    assert press(world, settings, 7)[0] == 200
    status, page = press(world, settings, 7)

    assert (status, "under way" in page) == (200, True)
    assert len(world.started) == 1


def test_a_way_back_that_failed_may_be_gone_again(world: World, settings: Settings) -> None:
    """AWS had no machines, say: production still runs what it should go back from."""
    runs(world, good(8), good(7))
    press(world, settings, 7)
    for times in (1, 2):
        (*_, name) = [value["release_id"] for value in world.started.values()]
        world.ledger.update(keys.release_key(name), {"outcome": "production_failed"})

        _, page = press(world, settings, 7)

        assert "under way" not in page
        assert len(world.started) == times + 1
    assert len({value["release_id"] for value in world.started.values()}) == 3


def test_a_version_that_was_rejected_meanwhile_is_passed_over(
    world: World, settings: Settings
) -> None:
    runs(world, good(8), good(7), good(6))
    world.register(7, "Rejected")

    assert press(world, settings, 7)[0] == 409
    assert press(world, settings, 6)[0] == 200
    ((_, started),) = world.started.items()
    assert started["back_to"]["config"] == good(6).config


def test_a_config_that_production_was_never_verified_with_is_passed_over(
    world: World, settings: Settings
) -> None:
    runs(world, good(8), good(7, verified=False), good(6))

    assert press(world, settings, 7)[0] == 409
    assert press(world, settings, 6)[0] == 200
