"""A canary that is healthy, and one that is not, while customers go on asking."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.support.harbour import FAILS, SLOW, Harbour
from tests.support.loop import Run, number
from tests.support.steady import Call

ROLLED_BACK = [
    "What Happened?", "Explain Rollback", "Clean Up After Failure", "Which Failure?",
    "Deployment Rolled Back",
]  # fmt: skip

CANARY = {
    "endpoint": {"instances": {"type": "ml.m5.large", "count": 2}},
    "rollout": {"type": "canary", "canary_percent": 50, "bake_seconds": 300},
}


@dataclass(frozen=True)
class Rolled:
    """A release that SageMaker rolled back, and what customers saw of it."""

    version: str
    release: Run
    calls: list[Call]


def test_a_healthy_canary_takes_over_and_no_request_fails(harbour: Harbour, folder: Path) -> None:
    version = harbour.register(harbour.settings(**CANARY))
    with harbour.steady(folder) as client:
        release = harbour.released(version)
        after = len(client.calls)
    assert release.status == "SUCCEEDED", release.cause
    assert harbour.loop.serves("production") == version
    assert [call for call in client.calls if call.status != 200] == []
    marks = harbour.answered_by(client.calls)
    assert set(marks[-10:]) == {harbour.marks[version]}
    assert after > 0


def _rolled_back(harbour: Harbour, folder: Path, fault: str) -> Rolled:
    before = harbour.loop.production()
    version = harbour.register(harbour.settings(**CANARY), fault=fault)
    with harbour.steady(folder) as client:
        release = harbour.released(version)
        client.goes_on()
    harbour.say(version, "Rejected", "It was rolled back")
    after = harbour.loop.production()
    assert (before[0], before[2:]) == (after[0], after[2:])
    assert release.status == "FAILED"
    assert release.error == "DeploymentRolledBack"
    deployment = harbour.loop.deployments(release)["production"]
    path = harbour.loop.path(deployment)
    assert path[path.index("What Happened?") :] == ROLLED_BACK
    return Rolled(version, release, client.calls)


def test_a_model_that_fails_for_a_fifth_of_requests_is_rolled_back(
    harbour: Harbour, folder: Path
) -> None:
    rolled = _rolled_back(harbour, folder, FAILS)
    failed = [call for call in rolled.calls if call.status != 200]
    assert failed, "no customer ever met the canary"
    assert {call.status for call in failed} == {500}
    assert all(call.odd for call in failed), "a request outside the faulty share failed"
    assert {call.status for call in rolled.calls[-50:]} == {200}, "the old version does not serve"
    assert harbour.marks[rolled.version] not in harbour.answered_by(rolled.calls[-50:])


def test_the_alarm_that_fired_is_named_with_its_graph(harbour: Harbour, folder: Path) -> None:
    rolled = _rolled_back(harbour, folder, FAILS)
    loop, name = harbour.loop, rolled.release.name
    item = loop.item(f"RELEASE#{name}")
    assert (item["outcome"], item["error"]) == ("production_failed", "DeploymentRolledBack")
    assert "-5xx fired" in item["reason"]
    (mail, *_) = loop.mails(f"Version {number(rolled.version)}: release failed")
    assert "-5xx fired" in mail["text"]
    report = harbour.report(name, "rollback.json")
    (alarm,) = report["alarms"]
    assert alarm["metric"] == "Invocation5XXErrors"
    assert max(value for _, value in alarm["points"]) >= alarm["threshold"]
    page = loop.releases_page()
    assert "5xx answers a minute" in page
    assert alarm["name"] in page
    left = loop.cloud.client("cloudwatch").describe_alarms(AlarmNames=[alarm["name"]])
    assert left["MetricAlarms"] == []


def test_a_slow_model_is_rolled_back_by_its_latency(harbour: Harbour, folder: Path) -> None:
    rolled = _rolled_back(harbour, folder, SLOW)
    assert [call for call in rolled.calls if call.status != 200] == []
    (alarm,) = harbour.report(rolled.release.name, "rollback.json")["alarms"]
    assert alarm["metric"] == "ModelLatency"
    assert alarm["threshold"] == 500_000, "ModelLatency is in microseconds"


def test_a_release_moves_through_the_registrys_stages_and_starts_no_other(
    harbour: Harbour,
) -> None:
    version = harbour.register()
    before = harbour.loop.serves("production")
    release = harbour.approve(version)
    seen = [harbour.life(version)]
    harbour.promote(release)
    seen.append(harbour.life(version))
    assert harbour.loop.ended(release).status == "SUCCEEDED"
    seen.append(harbour.life(version))
    assert [stage for stage, _ in seen] == ["Development", "Staging", "Production"]
    assert harbour.life(before) == ("Production", "Replaced")
    assert harbour.loop.status(version) == "Approved"
    harbour.loop.invoke("ReconcileFunction", {})
    assert [run.name for run in harbour.loop.releases(version)] == [release.name]
    truth = harbour.report(release.name, "production.json")["checks"]
    assert {"truth", "variants"} <= {check["name"] for check in truth if check["passed"]}
