"""What a lost event should have started is found; the second look finds nothing."""

import json
from dataclasses import asdict
from datetime import timedelta

import pytest
from reconcile.reconciling import Settings, reconcile

from adapters import approvals, asking, endpoints, providers, running, staging, turns
from adapters.endpoints import Live
from domain import ledger as keys
from domain.approval import State, Verdict
from domain.keeping import Good, from_items, last_good, to_items
from domain.ledger import Fact
from domain.release import names
from domain.turn import Release
from tests.support.product import ADA, BOB, COMMIT, NOW, PRODUCTION, STAGING, World, arn_of

HEAD = "d" * 40
LATER = NOW + timedelta(minutes=15)


@pytest.fixture(name="heads")
def _heads(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The heads of the watched repositories, a production that rests, and no staging."""
    found: dict[str, str] = {}
    monkeypatch.setattr(
        providers.Providers, "head", lambda _, __, repository, ___: found.get(repository)
    )
    live = {PRODUCTION: Live("InService", f"{PRODUCTION}-v7-ab", 1)}
    monkeypatch.setattr(endpoints, "look", lambda name, _: live.get(name))
    return found


def settings(world: World) -> Settings:
    return Settings(
        **asdict(world.settings), branch="main", build_state_machine_arn="arn:build",
        model_package_group_name="slipway", pipeline_name="slipway",
        release_state_machine_arn="arn:release", repository_name="models",
    )  # fmt: skip


def look(world: World, at: timedelta = timedelta()) -> dict[str, list[str]]:
    now = LATER + at
    return {kind: found for kind, found in reconcile(settings(world), now, now).items() if found}


def test_where_nothing_is_missing_nothing_is_done(world: World, heads: dict[str, str]) -> None:
    before = world.table()

    assert look(world) == {}
    assert world.table() == before


def test_a_push_whose_event_was_lost_is_built_once(world: World, heads: dict[str, str]) -> None:
    heads["models"] = HEAD

    assert list(look(world)) == ["builds"]
    assert look(world) == {}
    ((_, started),) = world.started.items()
    assert started["commit_id"] == HEAD


def test_a_version_nobody_was_asked_about_is_asked_about_once(
    world: World, heads: dict[str, str]
) -> None:
    world.register(7)

    assert look(world) == {"versions": [arn_of(7)]}
    assert look(world) == {}
    assert [person for person, _ in world.mails] == [ADA, BOB]


def test_what_waits_is_found_behind_any_number_of_newer_facts(
    world: World, heads: dict[str, str]
) -> None:
    world.register(7)
    look(world)
    for number in range(400):
        at = NOW + timedelta(minutes=20, seconds=number)
        world.ledger.record(Fact("churn", arn_of(9), "noted", "Something", at, str(number)))

    assert look(world, timedelta(days=4))["approvals"] == [approvals.review_id(arn_of(7))]

    ended = approvals.load(world.ledger, approvals.review_id(arn_of(7)))
    assert ended
    assert ended.state is State.EXPIRED
    assert all(i["pk"].startswith("TIMELINE#") for i in world.ledger.recent("churn", 300)[1:])


def test_a_decision_that_was_taken_back_is_not_made_again_by_the_answer_to_the_old_question(
    world: World, heads: dict[str, str]
) -> None:
    world.register(7)
    look(world)
    review = approvals.review_id(arn_of(7))
    approvals.settle(world.ledger, review, Verdict.APPROVE, ADA, NOW, "good")
    world.versions[arn_of(7)]["ModelApprovalStatus"] = "Approved"
    assert look(world) == {"versions": [arn_of(7)]}
    world.versions[arn_of(7)]["ModelApprovalStatus"] = "PendingManualApproval"

    assert look(world) == {"versions": [arn_of(7)]}
    assert look(world) == {}
    assert world.decided == []
    world.versions[arn_of(7)]["ModelApprovalStatus"] = "Approved"
    assert look(world) == {"versions": [arn_of(7)]}
    assert len(world.started) == 2


def test_a_version_whose_pipelines_end_was_lost_says_how_it_compares(
    world: World, heads: dict[str, str]
) -> None:
    known = dict(world.register(7).metadata)
    report = {"champion": {"version": 6, "metrics": {}, "verdict": "better"}}
    world.put("runs/e/report.json", json.dumps(report).encode())
    known |= {"evaluation_uri": "s3://artifacts/runs/e", "champion_version": "6"}
    world.versions[arn_of(7)]["CustomerMetadataProperties"] = known

    assert look(world) == {"versions": [arn_of(7)]}
    assert look(world) == {}
    assert world.described == [arn_of(7)]
    found = world.versions[arn_of(7)]["CustomerMetadataProperties"]
    assert found == known | {"challenge_verdict": "better"}


def test_an_approval_whose_event_was_lost_starts_the_release_once(
    world: World, heads: dict[str, str]
) -> None:
    world.register(7, "Approved")

    assert look(world) == {"versions": [arn_of(7)]}
    assert look(world) == {}
    assert [v["model_package_arn"] for v in world.started.values()] == [arn_of(7)]


def ask(world: World) -> str:
    uri = f"s3://artifacts/definitions/{COMMIT}/settings.json"
    assert asking.review(world.register(7), uri, world.settings, NOW)
    world.mails.clear()
    return approvals.review_id(arn_of(7))


def test_a_decision_that_never_reached_the_registry_does(
    world: World, heads: dict[str, str]
) -> None:
    review = ask(world)
    approvals.settle(world.ledger, review, Verdict.APPROVE, ADA, NOW, "good")

    assert arn_of(7) in look(world)["versions"]
    assert [(arn, status) for arn, status, _ in world.decided] == [(arn_of(7), "Approved")]


def test_people_are_reminded_once(world: World, heads: dict[str, str]) -> None:
    review = ask(world)

    assert look(world, timedelta(hours=40)) == {"approvals": [review]}
    assert look(world, timedelta(hours=41)) == {}
    assert [person for person, _ in world.mails] == [ADA, BOB]


def test_a_review_nobody_answered_expires_and_the_version_is_rejected(
    world: World, heads: dict[str, str]
) -> None:
    review = ask(world)

    look(world, timedelta(hours=73))

    ended = approvals.load(world.ledger, review)
    assert ended
    assert ended.state is State.EXPIRED
    assert [(arn, status) for arn, status, _ in world.decided] == [(arn_of(7), "Rejected")]
    decided = list(world.decided)
    look(world, timedelta(hours=74))
    assert world.decided == decided


@pytest.mark.parametrize("endpoint", [STAGING, PRODUCTION])
def test_a_deployment_whose_endpoint_event_was_lost_goes_on(
    world: World, heads: dict[str, str], endpoint: str
) -> None:
    world.ledger.register_wait(keys.endpoint_wait(endpoint), "token", NOW)

    assert look(world) == {"endpoints": [endpoint]}
    assert world.resumed == [("token", {"endpoint_name": endpoint})]


def test_a_deployment_whose_endpoint_still_moves_waits(
    world: World, heads: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoints, "look", lambda _, __: Live("Updating", "c", 1))
    world.ledger.register_wait(keys.endpoint_wait(PRODUCTION), "token", NOW)

    assert look(world) == {}
    assert world.resumed == []


def _release(world: World) -> None:
    world.register(7, "Approved")
    world.ledger.create(
        keys.version_key(arn_of(7)), {"status": "Approved", "approvals": 1, "revision": 1}
    )
    world.ledger.create(
        keys.release_key("r7"),
        {"project": "churn", "at": keys.iso(NOW), "outcome": "running", "kind": "release",
         "model_package_arn": arn_of(7), "execution_arn": "arn:r7"},
    )  # fmt: skip
    turns.take(world.ledger, PRODUCTION, Release("r7", arn_of(7), "arn:r7"), NOW)


def test_a_release_that_runs_is_left_alone(world: World, heads: dict[str, str]) -> None:
    _release(world)

    assert look(world) == {}


def test_staging_that_outlived_its_release_is_torn_down_once(
    world: World, heads: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stood = [True, False]
    monkeypatch.setattr(staging, "tear_down", lambda *_: stood.pop(0))

    assert look(world) == {"staging": [STAGING]}
    assert look(world) == {}


def test_a_release_that_died_is_closed_and_told_once(world: World, heads: dict[str, str]) -> None:
    _release(world)
    world.ended.add("arn:r7")

    assert look(world) == {"releases": ["r7"]}
    assert look(world) == {}
    assert (world.ledger.get(keys.release_key("r7")) or {})["outcome"] == "failed"
    assert [person for person, _ in world.mails] == [ADA, BOB]


def _stopped(world: World, monkeypatch: pytest.MonkeyPatch, number: int = 8) -> str:
    """Production ran version 7; the release of another was stopped, and its update went on."""
    old = Good(f"{PRODUCTION}-v7-ab", f"{PRODUCTION}-v7-ab", arn_of(7), "r7")
    for version in (7, number):
        world.register(version, "Approved")
        world.ledger.create(
            keys.version_key(arn_of(version)), {"status": "Approved", "approvals": 1, "revision": 1}
        )
    running.note(world.ledger, "churn", "production", PRODUCTION, [old], NOW)
    world.ledger.create(
        keys.release_key("r8"),
        {"project": "churn", "at": keys.iso(NOW), "outcome": "failed", "kind": "release",
         "model_package_arn": arn_of(number), "execution_arn": "arn:r8"},
    )  # fmt: skip
    config = names(PRODUCTION, number, "r8").config
    live = {PRODUCTION: Live("InService", config, 2)}
    monkeypatch.setattr(endpoints, "look", lambda name, _: live.get(name))
    return config


def test_what_a_stopped_release_left_live_is_what_production_runs(
    world: World, heads: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page said version 7, and the way back would have gone to the one before that."""
    config = _stopped(world, monkeypatch)

    assert look(world) == {"production": [config]}
    assert look(world) == {}
    stage = world.ledger.get(keys.stage_key(PRODUCTION)) or {}
    assert (stage["config"], stage["model_package_arn"]) == (config, arn_of(8))
    good = from_items(stage["good"])
    assert not good[0].verified
    assert (back := last_good(good))
    assert back.model_package_arn == arn_of(7)
    assert [person for person, _ in world.mails] == [ADA, BOB]
    assert "adopted" in [item["kind"] for item in world.ledger.timeline(arn_of(8))]


def test_a_config_that_was_good_before_is_known_again(
    world: World, heads: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = _stopped(world, monkeypatch)
    entry = Good(config, config, arn_of(8), "r8")
    stage = world.ledger.get(keys.stage_key(PRODUCTION)) or {}
    stored = [*stage["good"], *to_items([entry])]
    world.ledger.update(keys.stage_key(PRODUCTION), {"good": stored})

    assert look(world) == {"production": [config]}
    stage = world.ledger.get(keys.stage_key(PRODUCTION)) or {}
    assert from_items(stage["good"])[0] == entry


@pytest.mark.parametrize("case", ["a release is on", "it moves", "a person's config"])
def test_production_is_left_as_it_is_noted_while(
    world: World, heads: dict[str, str], monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    config = _stopped(world, monkeypatch)
    if case == "a release is on":
        turns.take(world.ledger, PRODUCTION, Release("r9", arn_of(9), "arn:r9"), NOW)
    moves = "Updating" if case == "it moves" else "InService"
    shown = "mended-by-hand" if case == "a person's config" else config
    live = {PRODUCTION: Live(moves, shown, 2)}
    monkeypatch.setattr(endpoints, "look", lambda name, _: live.get(name))

    assert look(world) == {}


def test_what_cannot_be_done_keeps_nothing_else_from_being_done(
    world: World, heads: dict[str, str]
) -> None:
    """One review could not be reminded of, and no push was built and no release closed again."""
    ask(world)
    _release(world)
    world.ended.add("arn:r7")
    heads["models"] = HEAD
    world.mail_fails = lambda: True

    with pytest.raises(RuntimeError, match="SES throttles"):
        look(world, timedelta(hours=40))

    assert [value["commit_id"] for value in world.started.values()] == [HEAD]
    assert (world.ledger.get(keys.release_key("r7")) or {})["outcome"] == "failed"


@pytest.mark.parametrize("hours", [40, 80])
def test_a_question_about_a_version_that_was_deleted_is_void(
    world: World, heads: dict[str, str], hours: int
) -> None:
    """By hand, in Studio: its reminder and its expiry failed at every look for ever."""
    review = ask(world)
    del world.versions[arn_of(7)]

    assert look(world, timedelta(hours=hours)) == {"approvals": [review]}
    assert look(world, timedelta(hours=hours)) == {}
    ended = approvals.load(world.ledger, review)
    assert ended
    assert (ended.state, "deleted" in ended.why) == (State.VOID, True)


def test_the_release_that_waits_for_a_deleted_version_goes_on_and_ends(
    world: World, heads: dict[str, str]
) -> None:
    _release(world)
    uri = f"s3://artifacts/definitions/{COMMIT}/settings.json"
    assert asking.promotion(world.register(7, "Approved"), "r7", uri, world.settings, NOW)
    world.ledger.register_wait(keys.promotion_wait("r7"), "token", NOW)
    del world.versions[arn_of(7)]

    look(world, timedelta(hours=20))

    ((token, error, why),) = world.failed
    assert (token, error, "deleted" in why) == ("token", "NotApprovedError", True)


def test_the_release_of_a_version_that_was_deleted_is_closed(
    world: World, heads: dict[str, str]
) -> None:
    _release(world)
    world.ended.add("arn:r7")
    del world.versions[arn_of(7)]

    assert look(world) == {"releases": ["r7"]}
    assert look(world) == {}
