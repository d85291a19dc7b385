"""Before staging, and again before production: approved still, and the very artifact."""

import json
from typing import Any

import pytest
from open_release.opening import Settings, open_release

from adapters import turns
from domain import ledger as keys
from domain.errors import ArtifactChangedError, NotApprovedError, SupersededError
from domain.turn import Release
from tests.support.product import (
    ADA,
    BOB,
    BUCKET,
    COMMIT,
    NOW,
    PRODUCTION,
    STAGING,
    TABLE,
    World,
    arn_of,
)
from tests.support.stage_settings import stages

RELEASE = "release-v7-a1"
SETTINGS = Settings(
    approvers=f"{ADA},{BOB}", artifact_bucket=BUCKET, ledger_table=TABLE,
    production_endpoint_name=PRODUCTION, project_name="churn", staging_endpoint_name=STAGING,
)  # fmt: skip


def opened(world: World) -> dict[str, Any]:
    event = {"release_id": RELEASE, "model_package_arn": arn_of(7), "execution_arn": "arn:r7"}
    return open_release(event, SETTINGS, NOW)


@pytest.fixture(name="check")
def _check(world: World, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The handler before production, with this world's settings; the release has its turn."""
    environment = {"APPROVERS": ADA, "LEDGER_TABLE": TABLE, "PRODUCTION_ENDPOINT_NAME": PRODUCTION,
                   "PROJECT_NAME": "churn"}  # fmt: skip
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    from check_release import handler as module

    monkeypatch.setattr(module, "settings", module.Settings(ADA, TABLE, PRODUCTION, "churn"))
    version = world.register(7, "Approved")
    turns.take(world.ledger, PRODUCTION, Release(RELEASE, arn_of(7), "arn:r7"), NOW)

    class Context:
        function_name = memory_limit_in_mb = invoked_function_arn = aws_request_id = "test"

    uri = f"s3://{BUCKET}/definitions/{version.commit}/settings.json"
    event = {"release_id": RELEASE, "model_package_arn": arn_of(7), "settings_uri": uri}
    return lambda **more: module.handler({**event, **more}, Context())


def test_a_release_that_nothing_was_changed_of_goes_on(world: World, check: Any) -> None:
    assert opened(world)["model_package_arn"] == arn_of(7)
    assert check() == {"wait_seconds": 0}


@pytest.mark.parametrize("status", ["Rejected", "PendingManualApproval"])
def test_what_is_not_approved_goes_nowhere(world: World, check: Any, status: str) -> None:
    world.register(7, status)

    with pytest.raises(NotApprovedError):
        opened(world)
    with pytest.raises(NotApprovedError):
        check()
    assert world.ledger.get(keys.release_key(RELEASE)) is None


def test_an_artifact_that_was_changed_goes_nowhere(world: World, check: Any) -> None:
    world.put("models/7/model.tar.gz", b"another model")

    with pytest.raises(ArtifactChangedError, match="was changed after registration"):
        opened(world)
    with pytest.raises(ArtifactChangedError, match="was changed after registration"):
        check()


def test_a_release_without_the_turn_goes_no_further(world: World, check: Any) -> None:
    turns.leave(world.ledger, PRODUCTION, RELEASE, NOW)

    with pytest.raises(SupersededError):
        check()


def freeze(world: World) -> None:
    """A freeze that holds now, whenever this is run."""
    window = {"from": "2020-01-01", "until": "2020-01-02", "why": "year end"}
    week = [
        {"from": "Mon 00:00", "until": "Sun 23:58", "why": "week"},
        {"from": "Sun 23:59", "until": "Mon 00:00"},
    ]
    settings = stages() | {"approvals": {"promotion": {"freeze": [window, *week]}}}
    world.put(f"definitions/{COMMIT}/settings.json", json.dumps({"stages": settings}).encode())


def test_a_release_waits_for_a_freeze_and_the_timeline_says_until_when(
    world: World, check: Any
) -> None:
    freeze(world)

    waits = check()["wait_seconds"]

    assert 0 <= waits <= 7 * 24 * 3600
    told = [i["title"] for i in world.ledger.timeline(arn_of(7)) if i["kind"] == "frozen"]
    assert [title.startswith("Waits for the freeze") for title in told] == [True] * bool(waits)


def test_what_brings_production_back_waits_for_no_freeze(world: World, check: Any) -> None:
    freeze(world)

    assert check(urgent=True) == {"wait_seconds": 0}
