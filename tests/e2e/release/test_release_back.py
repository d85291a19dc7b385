"""Going back: the live version is rejected, or a person presses the button."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urljoin

from localcloud.product import release_link
from localcloud.reviewer import open_page
from tests.support.deployed import STACK, ask
from tests.support.harbour import Harbour
from tests.support.loop import number

CANARY = {
    "endpoint": {"instances": {"type": "ml.m5.large", "count": 2}},
    "rollout": {"type": "canary", "canary_percent": 50, "bake_seconds": 300},
}
STRAIGHT = [
    "Open Release", "Take Turn", "Staging Needed?", "Check Release", "Frozen?",
    "Deploy To Production", "Verify Production", "Production Verified?", "Close Release",
    "Keep Staging?", "Tear Down Staging", "Outcome?", "Released",
]  # fmt: skip


def two_released(harbour: Harbour) -> tuple[str, str]:
    """Two versions, one after the other in production."""
    found = []
    for _ in range(2):
        version = harbour.register()
        release = harbour.released(version)
        assert release.status == "SUCCEEDED", release.cause
        found.append(version)
    return found[0], found[1]


def test_rejecting_the_live_version_brings_the_newest_approved_back_without_staging(
    harbour: Harbour, folder: Path
) -> None:
    before, live = two_released(harbour)
    known = {run.arn for run in harbour.loop.releases(before)}
    with harbour.steady(folder) as client:
        harbour.say(live, "Rejected", "It annoys customers")
        release = harbour.loop.ended(harbour.next_release(before, known))
        client.goes_on()
    assert harbour.loop.path(release) == STRAIGHT
    assert harbour.loop.serves("production") == before
    assert [call for call in client.calls if call.status != 200] == []
    assert harbour.answered_by(client.calls)[-1] == harbour.marks[before]


def test_one_click_goes_back_within_one_update_and_builds_nothing(
    harbour: Harbour, folder: Path
) -> None:
    before, live = two_released(harbour)
    loop = harbour.loop
    old = loop.item(f"STAGE#{loop.outputs['ProductionEndpointName']}")["good"][1]["config"]
    link = release_link(loop.cloud, STACK, loop.outputs["ApiUrl"], "ada@example.com")
    (form,) = [each for each in open_page(link).forms if "/rollback" in each.action]
    known = {run.arn for run in loop.releases(before)}
    url = urljoin(link, form.action)
    refused, _ = ask("POST", url, {**form.fields, "reason": ""})
    assert refused == 400
    with harbour.steady(folder) as client:
        said, page = ask("POST", url, {**form.fields, "reason": "Answers are odd"})
        assert (said, "goes back to version" in page) == (200, True)
        release = loop.ended(harbour.next_release(before, known))
        again, _ = ask("POST", url, {**form.fields, "reason": "Answers are odd"})
        assert again == 409, "what it went back from must not come back by the same form"
    assert loop.path(release) == STRAIGHT
    deployment = loop.deployments(release)["production"]
    path = loop.path(deployment)
    assert path[:4] == ["Plan Deployment", "Config Exists?", "Make Alarms", "Put Alarm"]
    assert path.count("Update Endpoint") == 1
    assert loop.serves("production") == before
    assert loop.endpoint()["EndpointConfigName"] == old  # type: ignore[index]
    assert [call for call in client.calls if call.status != 200] == []
    kinds = [item["kind"] for item in loop.ledger(f"TIMELINE#{live}")]
    assert {"rollback_asked", "rollback_refused"} <= set(kinds)
    assert loop.mails(f"Version {number(before)} is back in production")


def test_one_click_goes_back_to_a_config_that_is_not_there_by_making_it_again(
    harbour: Harbour,
) -> None:
    """Nothing of it is, when production has moved to another account since."""
    loop = harbour.loop
    before = loop.serves("production")
    old = str(loop.endpoint()["EndpointConfigName"])  # type: ignore[index]
    assert harbour.released(harbour.register()).status == "SUCCEEDED"
    loop.sagemaker.delete_model(ModelName=model_of(harbour, old))
    loop.sagemaker.delete_endpoint_config(EndpointConfigName=old)
    link = release_link(loop.cloud, STACK, loop.outputs["ApiUrl"], "ada@example.com")
    (form,) = [each for each in open_page(link).forms if "/rollback" in each.action]
    known = {run.arn for run in loop.releases(before)}
    ask("POST", urljoin(link, form.action), {**form.fields, "reason": "Answers are odd"})
    release = loop.ended(harbour.next_release(before, known))
    assert (release.status, loop.path(release)) == ("SUCCEEDED", STRAIGHT)
    assert loop.path(loop.deployments(release)["production"])[:4] == [
        "Plan Deployment", "Config Exists?", "Create Model", "Create Endpoint Config",
    ]  # fmt: skip
    assert loop.endpoint()["EndpointConfigName"] == old  # type: ignore[index]
    assert loop.serves("production") == before


def model_of(harbour: Harbour, config: str) -> str:
    """The model of an endpoint config."""
    found = harbour.loop.sagemaker.describe_endpoint_config(EndpointConfigName=config)
    return str(found["ProductionVariants"][0]["ModelName"])


def test_a_version_that_production_fails_its_tests_with_is_told_and_never_gone_back_to(
    harbour: Harbour,
) -> None:
    """No endpoint answers within a hundredth of a millisecond."""
    loop = harbour.loop
    before = harbour.register()
    assert harbour.released(before).status == "SUCCEEDED"
    failed = harbour.register(harbour.settings(tests={"p95_ms": 0.01}))
    release = harbour.released(failed)
    key = f"STAGE#{loop.outputs['ProductionEndpointName']}"
    live, *_ = loop.item(key)["good"]
    assert (live["model_package_arn"], live["verified"]) == (failed, False)
    path = loop.path(release)
    assert path[path.index("Verify Production") :][:4] == [
        "Verify Production", "Production Verified?", "Note Unverified Production",
        "Close Release",
    ]  # fmt: skip
    assert (release.status, release.error) == ("FAILED", "ProductionTestFailed")
    assert harbour.life(failed) == ("Production", "Failed")
    (mail, *_) = loop.mails(f"Version {number(failed)}: release failed")
    assert "latency" in mail["text"]
    page = loop.releases_page()
    assert f"Roll back to version {number(before)}" in page
    after = harbour.register()
    assert harbour.released(after).status == "SUCCEEDED"
    kept = loop.item(key)["good"]
    assert failed not in [entry["model_package_arn"] for entry in kept]
    assert all(entry["verified"] for entry in kept)
    assert f"Roll back to version {number(before)}" in loop.releases_page()


def test_a_forged_click_changes_nothing(harbour: Harbour) -> None:
    before = harbour.loop.production()
    url = f"{harbour.loop.outputs['ApiUrl'].rstrip('/')}/rollback?p=ada@example.com&e=1&k=1&s=0"
    status, _ = ask("POST", url, {"version": "1", "reason": "please"})
    assert status in (403, 410)
    assert harbour.loop.production() == before


def test_a_version_that_is_rejected_while_it_bakes_does_not_stay(
    harbour: Harbour, folder: Path
) -> None:
    before = harbour.register()
    assert harbour.released(before).status == "SUCCEEDED"
    known = {run.arn for run in harbour.loop.releases(before)}
    withdrawn = harbour.register(harbour.settings(**CANARY, tests={"skip": ["latency"]}))
    with harbour.steady(folder) as client:
        release = harbour.approve(withdrawn)
        harbour.promote(release)
        harbour.in_state(release, "Deploy To Production")
        # Before that SageMaker makes no model of it any more.
        harbour.in_state(harbour.loop.deployments(release)["production"], "Await Endpoint")
        harbour.say(withdrawn, "Rejected", "Found out too late")
        ended = harbour.loop.ended(release)
        back = harbour.loop.ended(harbour.next_release(before, known))
        client.goes_on()
    assert (ended.status, ended.error) == ("FAILED", "NotApprovedError")
    assert harbour.loop.item(f"RELEASE#{release.name}")["outcome"] == "withdrawn"
    assert harbour.loop.path(back) == STRAIGHT
    assert harbour.loop.serves("production") == before
    assert [call for call in client.calls if call.status != 200] == []
    marks = harbour.answered_by(client.calls)
    assert set(marks) == {harbour.marks[before], harbour.marks[withdrawn]}
    assert set(marks[-20:]) == {harbour.marks[before]}


def test_an_approval_during_a_bake_waits_for_its_turn(harbour: Harbour, folder: Path) -> None:
    first, second = harbour.register(harbour.settings(**CANARY)), harbour.register()
    with harbour.steady(folder) as client:
        release = harbour.approve(first)
        harbour.promote(release)
        harbour.in_state(release, "Deploy To Production")
        later = harbour.approve(second)
        harbour.in_state(later, "Take Turn")
        ended = harbour.loop.ended(release)
        assert ended.status == "SUCCEEDED", "what deploys is never interrupted"
        harbour.promote(later)
        assert harbour.loop.ended(later).status == "SUCCEEDED"
        client.goes_on()
    assert harbour.loop.serves("production") == second
    assert [call for call in client.calls if call.status != 200] == []
    marks = harbour.answered_by(client.calls)
    assert {harbour.marks[first], harbour.marks[second]} <= set(marks)
    assert set(marks[-20:]) == {harbour.marks[second]}
