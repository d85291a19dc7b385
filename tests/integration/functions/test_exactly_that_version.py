"""Before staging, and again before production: approved still, and the very artifact."""

from typing import Any

import pytest
from open_release.opening import Settings, open_release

from adapters import turns
from domain import ledger as keys
from domain.errors import ArtifactChangedError, NotApprovedError, SupersededError
from domain.turn import Release
from tests.support.product import ADA, BOB, BUCKET, NOW, PRODUCTION, STAGING, TABLE, World, arn_of

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
    environment = {"APPROVERS": ADA, "LEDGER_TABLE": TABLE, "PRODUCTION_ENDPOINT_NAME": PRODUCTION}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    from check_release import handler as module

    monkeypatch.setattr(module, "settings", module.Settings(ADA, TABLE, PRODUCTION))
    version = world.register(7, "Approved")
    turns.take(world.ledger, PRODUCTION, Release(RELEASE, arn_of(7), "arn:r7"), NOW)

    class Context:
        function_name = memory_limit_in_mb = invoked_function_arn = aws_request_id = "test"

    uri = f"s3://{BUCKET}/definitions/{version.commit}/settings.json"
    event = {"release_id": RELEASE, "model_package_arn": arn_of(7), "settings_uri": uri}
    return lambda: module.handler(event, Context())


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
