"""One model, released three times: staging that is kept, a count that scaling reached, settings.

The releases are walked once; each test looks at what they left.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from domain.release import names
from tests.support.harbour import Harbour
from tests.support.loop import Run, number
from tests.support.steady import Call
from tests.support.waiting import wait_until

# Two machines by the settings; scaling keeps them at its floor, if nothing else moves them.
FLOOR, REACHED = 3, 4
OTHER = "ml.c5.large"
SCALING = {"min": FLOOR, "max": REACHED, "invocations_per_instance": 1_000_000}


@dataclass(frozen=True)
class Walked:
    """What was seen of the three releases, and what customers saw."""

    versions: list[str]
    releases: list[Run]
    kept: dict[str, Any]
    after_keeping: dict[str, Any] | None
    counts: list[int]
    targets: list[int]
    report: dict[str, Any]
    calls: list[Call]


def machines(count: int, kind: str = "ml.m5.large", **more: Any) -> dict[str, Any]:
    """Production on so many machines, changed at once."""
    return {
        "endpoint": {"instances": {"type": kind, "count": count}},
        "rollout": {"type": "all_at_once", "bake_seconds": 0},
        **more,
    }


def count(harbour: Harbour, config: str = "") -> int:
    """The instances that production has; 0 while it does not run the config that is named."""
    found = harbour.loop.endpoint()
    assert found is not None
    if config and found["EndpointConfigName"] != config:
        return 0
    return int(found["ProductionVariants"][0]["CurrentInstanceCount"])


def released_after_the_floor(harbour: Harbour, arn: str) -> Run:
    """A release that hears of its update only when the old target's floor has acted on it."""
    loop = harbour.loop
    events = loop.cloud.client("events")
    rule = loop.resource("ResumeEndpointFunctionEndpointChanged")
    release = harbour.approve(arn)
    harbour.in_state(release, "Ask For Promotion")
    events.disable_rule(Name=rule)
    try:
        harbour.promote(release)
        name = loop.outputs["ProductionEndpointName"]
        config = names(name, number(arn), release.name).config
        wait_until(lambda: count(harbour, config) == FLOOR, 60)
    finally:
        events.enable_rule(Name=rule)
    told = {"EndpointName": name, "EndpointStatus": "IN_SERVICE"}
    heard = {"detail-type": "SageMaker Endpoint State Change", "detail": told}
    assert loop.invoke("ResumeEndpointFunction", heard) == {"resumed": True}
    return loop.ended(release, 120)


def targets(harbour: Harbour) -> int:
    """How many scalable targets production has."""
    client = harbour.loop.cloud.client("application-autoscaling")
    return len(
        client.describe_scalable_targets(
            ServiceNamespace="sagemaker", ResourceIds=[variant(harbour)]
        )["ScalableTargets"]
    )


def variant(harbour: Harbour) -> str:
    """Production's variant, by the name that scaling knows it under."""
    return f"endpoint/{harbour.loop.outputs['ProductionEndpointName']}/variant/AllTraffic"


def scale_out(harbour: Harbour) -> None:
    """Let scaling reach what it may, as a scheduled action does."""
    harbour.loop.cloud.client("application-autoscaling").register_scalable_target(
        ServiceNamespace="sagemaker", ResourceId=variant(harbour), MinCapacity=REACHED,
        ScalableDimension="sagemaker:variant:DesiredInstanceCount",
    )  # fmt: skip
    wait_until(lambda: count(harbour) == REACHED)


@pytest.fixture(scope="module")
def walked(harbour: Harbour, tmp_path_factory: pytest.TempPathFactory) -> Walked:
    loop, folder = harbour.loop, tmp_path_factory.mktemp("steady")
    keeping = harbour.settings(**machines(2, autoscaling=SCALING))
    keeping["staging"] = keeping["staging"] | {"keep_minutes": 1, "tests": {"skip": ["latency"]}}
    scaled = harbour.settings(**machines(2, OTHER, autoscaling=SCALING, alarms={"max_5xx": 7}))
    fixed = harbour.settings(**machines(1, OTHER))
    version, counts, found = harbour.register(keeping), [], []
    versions = [version]
    with harbour.steady(folder) as client:
        first = harbour.approve(version)
        harbour.promote(first)
        harbour.in_state(first, "Keep Staging")
        kept = dict(loop.endpoint("staging") or {})
        releases, after = [loop.ended(first)], loop.endpoint("staging")
        counts.append(count(harbour))
        found.append(targets(harbour))
        scale_out(harbour)
        ways = ((scaled, harbour.released), (fixed, partial(released_after_the_floor, harbour)))
        for stages, release in ways:
            versions.append(harbour.settle_anew(version, stages))
            releases.append(release(versions[-1]))
            counts.append(count(harbour))
            found.append(targets(harbour))
        client.goes_on()
    report = harbour.report(releases[0].name, "staging.json")
    return Walked(versions, releases, kept, after, counts, found, report, client.calls)


def test_staging_is_kept_for_its_time_and_then_torn_down(walked: Walked, harbour: Harbour) -> None:
    path = harbour.loop.path(walked.releases[0])
    assert walked.kept["EndpointStatus"] == "InService"
    assert path[-6:] == [
        "Close Release", "Keep Staging?", "Keep Staging", "Tear Down Staging", "Outcome?",
        "Released",
    ]  # fmt: skip
    # SageMaker takes a moment to end its machines.
    left = walked.after_keeping or {"EndpointStatus": "Deleting"}
    assert left["EndpointStatus"] == "Deleting"
    assert harbour.loop.endpoint("staging") is None


def test_staging_is_built_again_for_settings_that_were_not_proven(
    walked: Walked, harbour: Harbour
) -> None:
    for release in walked.releases[1:]:
        assert release.status == "SUCCEEDED", release.cause
        assert "Deploy To Staging" in harbour.loop.path(release)
    assert harbour.loop.endpoint("staging") is None


def test_a_release_keeps_the_count_that_autoscaling_reached(
    walked: Walked, harbour: Harbour
) -> None:
    began_with = []
    for release in walked.releases:
        name = harbour.loop.deployments(release)["production"].output["endpoint_config_name"]
        config = harbour.loop.sagemaker.describe_endpoint_config(EndpointConfigName=name)
        began_with.append(config["ProductionVariants"][0]["InitialInstanceCount"])
    assert began_with == [FLOOR, REACHED, 1]
    assert walked.counts[0] == FLOOR
    assert walked.counts[1] in (FLOOR, REACHED), "the count is the target's again"
    assert walked.targets[:2] == [1, 1]


def test_settings_alone_change_the_machines_of_the_same_model(
    walked: Walked, harbour: Harbour
) -> None:
    live = harbour.loop.endpoint("production") or {}
    config = harbour.loop.sagemaker.describe_endpoint_config(
        EndpointConfigName=live["EndpointConfigName"]
    )
    assert config["ProductionVariants"][0]["InitialInstanceCount"] == 1
    assert walked.targets[2] == 0, "what the settings no longer ask for scales on"
    assert harbour.loop.serves("production") == walked.versions[2]
    configs = {harbour.loop.deployments(r)["production"].output["endpoint_config_name"]
               for r in walked.releases}  # fmt: skip
    assert len(configs) == 3
    described = [harbour.loop.sagemaker.describe_model_package(ModelPackageName=version)
                 for version in walked.versions]  # fmt: skip
    assert len({one["CustomerMetadataProperties"]["model_sha256"] for one in described}) == 1


def test_other_machines_take_over_though_a_target_is_registered(
    walked: Walked, harbour: Harbour
) -> None:
    """SageMaker refuses that while one is; the target is lifted for the update and set again."""
    paths = [harbour.loop.path(harbour.loop.deployments(r)["production"]) for r in walked.releases]
    assert [path.count("Lift Scaling") for path in paths] == [0, 1, 0]
    at = paths[1].index("Lift Scaling")
    assert paths[1][at - 1 : at + 2] == ["Endpoint Exists?", "Lift Scaling", "Update Endpoint"]
    name = harbour.loop.deployments(walked.releases[1])["production"].output["endpoint_config_name"]
    config = harbour.loop.sagemaker.describe_endpoint_config(EndpointConfigName=name)
    assert config["ProductionVariants"][0]["InstanceType"] == OTHER
    assert walked.targets[1] == 1


def test_the_machines_are_as_many_as_settings_without_scaling_ask_for(
    walked: Walked, harbour: Harbour
) -> None:
    """Though the floor of the target that goes had acted on the new fleet before."""
    assert walked.counts[2] == 1
    path = harbour.loop.path(harbour.loop.deployments(walked.releases[2])["production"])
    assert path[path.index("Set Scaling") :] == [
        "Set Scaling", "Count Settled?",
        "Await Endpoint", "Look At Endpoint", "What Happened?", "Scaling Changes?",
        "Set Scaling", "Count Settled?", "Clean Up", "Deployed",
    ]  # fmt: skip


def test_where_nothing_is_to_be_set_back_the_endpoint_is_updated_once(
    walked: Walked, harbour: Harbour
) -> None:
    for release in walked.releases[:2]:
        path = harbour.loop.path(harbour.loop.deployments(release)["production"])
        assert path[path.index("Set Scaling") :] == [
            "Set Scaling", "Count Settled?", "Clean Up", "Deployed",
        ]  # fmt: skip
        assert path.count("Await Endpoint") == 1


def test_no_customer_noticed_and_the_model_answered_throughout(
    walked: Walked, harbour: Harbour
) -> None:
    assert [call for call in walked.calls if call.status != 200] == []
    marks = harbour.answered_by(walked.calls)
    first = marks.index(harbour.marks[walked.versions[0]])
    assert set(marks[first + 50 :]) == {harbour.marks[walked.versions[0]]}


def test_stagings_report_names_segments_sizes_and_what_was_skipped(walked: Walked) -> None:
    checks = {check["name"]: check for check in walked.report["checks"]}
    assert walked.report["skipped"] == ["latency"]
    assert "latency" not in checks
    assert "segments score as registered" in checks["segments"]["detail"]
    assert "is the registered one" in checks["image"]["detail"]
    assert "over 4 MB" in checks["refusals"]["detail"]
