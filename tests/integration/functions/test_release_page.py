"""The release page of a busy project: what is so now is never pushed off it by what was."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.client import BaseClient
from clean_endpoint import cleaning
from show_releases.showing import Settings, show

from adapters import asking, registry
from adapters.http import Request
from domain import ledger as keys
from domain import links
from domain.ledger import Fact
from tests.support.product import (
    ADA,
    BUCKET,
    COMMIT,
    GROUP,
    NOW,
    PRODUCTION,
    STAGING,
    TABLE,
    World,
    arn_of,
)

LATER = NOW + timedelta(hours=9)


def opened(world: World) -> tuple[int, str]:
    request = world.request(world.link(links.RELEASES))
    return show(Request({}, request.query, b"", "", "", ""), settings(world), LATER)


def settings(world: World) -> Settings:
    return Settings(BUCKET, TABLE, world.secret_arn, GROUP, PRODUCTION, "churn", STAGING)


def lives(world: World, number: int) -> None:
    """Production runs a version, as its deployment wrote it."""
    plan = {
        "endpoint_name": PRODUCTION, "stage": "production", "endpoint_config_name": "c1",
        "model_name": "m1", "model_package_arn": arn_of(number), "release_id": f"r{number}",
        "endpoint_config": {"ProductionVariants": [{}]}, "not_good": "",
    }  # fmt: skip
    given: Any = type("Given", (), {"project_name": "churn"})
    cleaning._remember(world.ledger, plan, [], given, NOW)


def happened(world: World, facts: int) -> None:
    for number in range(facts):
        at = NOW + timedelta(hours=1, seconds=number)
        arn = arn_of(1 + number % 200)
        world.ledger.record(Fact("churn", arn, "noted", f"Fact {number}", at, str(number)))


@pytest.fixture(name="calls")
def _calls(world: World, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The calls to AWS; but ListModelPackages, which is a fake in this world."""
    made: list[str] = []
    call = BaseClient._make_api_call

    def counted(self: BaseClient, name: str, given: Any) -> Any:
        made.append(name)
        return call(self, name, given)

    monkeypatch.setattr(BaseClient, "_make_api_call", counted)
    return made


@pytest.mark.parametrize(("versions", "facts"), [(0, 0), (1, 1), (200, 500)])
def test_what_runs_and_what_waits_is_shown_however_much_happened_since(
    world: World, calls: list[str], versions: int, facts: int
) -> None:
    lives(world, 3)
    for number in range(1, versions + 1):
        world.register(number)
    uri = f"s3://{BUCKET}/definitions/{COMMIT}/settings.json"
    assert asking.review(world.register(250), uri, world.settings, NOW)
    happened(world, facts)
    calls.clear()
    status, page = opened(world)

    assert status == 200
    assert sorted(calls) == ["GetSecretValue", "Query"] or calls == ["Query"]
    assert "Version 3</p>" in page
    assert f"Waits for the review by {ADA}" in page
    assert page.count("<article>") == min(20, versions + 1)
    assert len(page) < 1_000_000


def test_a_search_takes_no_more_calls_than_the_page(
    world: World, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lives(world, 3)
    arn = world.register(7).arn
    world.register(8)
    detail = {"commit": COMMIT}
    world.ledger.record(Fact("churn", arn, "registered", "Registered", NOW, "x", detail))
    everyone = [registry.Summary(arn_of(n), "Approved", NOW) for n in (8, 7)]
    monkeypatch.setattr(registry, "every", lambda _: everyone)
    query = world.request(world.link(links.RELEASES)).query | {"made_of": COMMIT[:8]}
    calls.clear()

    status, page = show(Request({}, query, b"", "", "", ""), settings(world), LATER)

    assert status == 200
    assert sorted(calls) == ["GetSecretValue", "Query"] or calls == ["Query"]
    assert f"1 version was made of {COMMIT[:8]}" in page
    assert "Version 3</p>" in page, "what runs is shown too"
    assert page.count("<article>") == 1


def test_a_ledger_that_lost_most_of_it_still_makes_a_page(world: World) -> None:
    world.register(7, "Approved")
    world.ledger.create(
        keys.release_key("r7"),
        {"project": "churn", "at": keys.still(NOW), "model_package_arn": arn_of(7),
         "version": 7, "execution_arn": "arn:r7", "outcome": "running"},
    )  # fmt: skip
    world.ledger.record(Fact("churn", arn_of(7), "registered", "Version 7 registered", NOW, "x"))

    status, page = opened(world)

    assert status == 200
    assert "Not in production: its release is under way." in page
    assert "In this state for 9 h." in page


def test_a_link_to_the_page_ends(world: World) -> None:
    query = world.request(world.link(links.RELEASES, until=NOW)).query
    answer = show(Request({}, query, b"", "", "", ""), settings(world), LATER)
    assert answer[0] == 410
