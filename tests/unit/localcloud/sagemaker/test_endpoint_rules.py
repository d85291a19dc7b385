"""The pure rules of endpoints: shifts of traffic, capture lines, event spelling, refusals."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.sagemaker.api import ApiError
from localcloud.sagemaker.endpoints import capture, checks, documents
from localcloud.sagemaker.endpoints.shifts import plan
from localcloud.sagemaker.events import event_status
from tests.unit.localcloud.sagemaker.conftest import Desk


def blue_green(routing: dict[str, Any], end: int = 300) -> dict[str, Any]:
    policy = {"TrafficRoutingConfiguration": routing, "TerminationWaitInSeconds": end}
    return {"BlueGreenUpdatePolicy": policy}


def test_without_a_policy_all_traffic_moves_at_once() -> None:
    assert [(shift.share, shift.bake) for shift in plan(None, 3)] == [(1.0, 0.0)]


def test_a_canary_bakes_at_its_share_and_once_more_at_full_traffic() -> None:
    size = {"Type": "INSTANCE_COUNT", "Value": 1}
    routing = {"Type": "CANARY", "CanarySize": size, "WaitIntervalInSeconds": 60}
    shifts = plan(blue_green(routing), 4)
    assert [(shift.share, shift.bake) for shift in shifts] == [(0.25, 60.0), (1.0, 300.0)]
    assert shifts[1].message == (
        "Baking for 300 seconds (TerminationWaitInSeconds) with traffic enabled on full capacity "
        "of 4 instance(s)."
    )


@given(st.integers(10, 50), st.integers(1, 10))
def test_linear_steps_grow_to_full_traffic_and_never_shrink(percent: int, instances: int) -> None:
    step = {"Type": "CAPACITY_PERCENT", "Value": percent}
    routing = {"Type": "LINEAR", "LinearStepSize": step, "WaitIntervalInSeconds": 1}
    shares = [shift.share for shift in plan(blue_green(routing), instances)]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert all(
        later - sooner <= percent / 100 + 1e-9 for sooner, later in itertools.pairwise(shares)
    )


@pytest.mark.parametrize(
    ("machines", "size"),
    [
        (2, {"Type": "CAPACITY_PERCENT", "Value": 60}),
        (3, {"Type": "INSTANCE_COUNT", "Value": 2}),
        (1, {"Type": "INSTANCE_COUNT", "Value": 1}),
    ],
)
def test_a_canary_above_half_of_the_capacity_is_refused(
    machines: int, size: dict[str, Any]
) -> None:
    config = {"ProductionVariants": [{"InitialInstanceCount": machines}]}
    routing = {"Type": "CANARY", "CanarySize": size, "WaitIntervalInSeconds": 60}
    with pytest.raises(ApiError, match="at most 50 percent"):
        checks.deployment(blue_green(routing), config)


def test_guardrails_on_a_serverless_variant_are_refused() -> None:
    config = {"ProductionVariants": [{"ServerlessConfig": {}}]}
    with pytest.raises(ApiError, match="serverless"):
        checks.deployment(blue_green({"Type": "ALL_AT_ONCE"}), config)


@pytest.mark.parametrize("size", ["CurrentServerlessConfig", "DesiredServerlessConfig"])
def test_instances_do_not_become_serverless_but_the_reverse_is_done(size: str) -> None:
    instances = {"EndpointArn": "arn/e", "ProductionVariants": [{"CurrentInstanceCount": 1}]}
    serverless = {"EndpointArn": "arn/e", "ProductionVariants": [{size: {}}]}
    wanted = {"ProductionVariants": [{"ServerlessConfig": {}}]}

    with pytest.raises(ApiError, match="to serverless"):
        checks.conversion(instances, wanted)
    checks.conversion(serverless, wanted)
    checks.conversion(serverless, {"ProductionVariants": [{"InitialInstanceCount": 1}]})


def test_an_update_that_keeps_variant_properties_keeps_the_scaled_count() -> None:
    live = {
        "ProductionVariants": [
            {"VariantName": "v", "DesiredWeight": 1.0, "DesiredInstanceCount": 5}
        ]
    }
    assert documents.kept_properties(live, {}) == {}
    request: dict[str, Any] = {"RetainAllVariantProperties": True}
    kept = {"DesiredWeight": 1.0, "DesiredInstanceCount": 5}
    assert documents.kept_properties(live, request) == {"v": kept}
    request["ExcludeRetainedVariantProperties"] = [{"VariantPropertyType": "DesiredWeight"}]
    assert documents.kept_properties(live, request) == {"v": {"DesiredInstanceCount": 5}}


def test_a_captured_exchange_has_sagemakers_shape() -> None:
    config = {
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
    }
    line = capture.entry(
        config,
        ("text/csv", b"1,2\n"),
        ("application/json", b"{}"),
        {"InferenceId": "id-1"},
        datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    )
    event = line.pop("eventMetadata")
    assert line == {
        "captureData": {
            "endpointInput": {
                "observedContentType": "text/csv",
                "mode": "INPUT",
                "data": "1,2\n",
                "encoding": "CSV",
            },
            "endpointOutput": {
                "observedContentType": "application/json",
                "mode": "OUTPUT",
                "data": "e30=",
                "encoding": "BASE64",
            },
        },
        "eventVersion": "0",
    }
    assert event["inferenceTime"] == "2026-01-02T03:04:05Z"
    assert event["inferenceId"] == "id-1"


@pytest.mark.parametrize(
    ("api", "event"),
    [("InService", "IN_SERVICE"), ("Updating", "UPDATING"), ("RollingBack", "ROLLING_BACK")],
)
def test_events_spell_statuses_in_capitals(api: str, event: str) -> None:
    assert event_status(api) == event


def test_a_rolling_update_moves_in_batches_and_waits_after_each() -> None:
    rolling = {
        "MaximumBatchSize": {"Type": "INSTANCE_COUNT", "Value": 1},
        "WaitIntervalInSeconds": 30,
    }
    shifts = plan({"RollingUpdatePolicy": rolling}, 2)
    assert [(shift.share, shift.bake) for shift in shifts] == [(0.5, 30.0), (1.0, 30.0)]


def _documented(name: str) -> dict[str, Any]:
    path = Path(__file__).parents[3] / "events" / name
    event: dict[str, Any] = json.loads(path.read_text())
    return event


def _endpoint(desk: Desk) -> dict[str, Any]:
    variant = {
        "VariantName": "AllTraffic",
        "CurrentWeight": 1.0,
        "DesiredWeight": 1.0,
        "CurrentInstanceCount": 1,
        "DesiredInstanceCount": 1,
    }
    config = {"EndpointConfigName": "two", "ProductionVariants": [{"VariantName": "AllTraffic"}]}
    baking = documents.with_status(desk.svc, [variant], "Baking", "Baking for 600 seconds")
    return {
        "EndpointName": "sample",
        "EndpointArn": desk.svc.arn("endpoint", "sample"),
        "EndpointConfigName": "one",
        "ProductionVariants": [variant],
        "EndpointStatus": "Updating",
        "CreationTime": desk.svc.now(),
        "LastModifiedTime": desk.svc.now(),
        "Tags": {},
        "PendingDeploymentSummary": documents.pending(desk.svc, config, baking),
        "LastDeploymentConfig": {},
    }


def test_a_deployment_event_has_the_shape_of_awss_own_example(desk: Desk) -> None:
    desk.svc.events.endpoint_deployment(_endpoint(desk))
    kind, resources, detail = desk.heard[-1]
    example = _documented("sagemaker-endpoint-deployment-state-change.json")
    assert kind == example["detail-type"]
    assert resources == [detail["EndpointArn"]]
    assert set(detail) == set(example["detail"])
    ours, theirs = detail["PendingDeploymentSummary"], example["detail"]["PendingDeploymentSummary"]
    assert set(ours) == set(theirs)
    assert set(ours["ProductionVariants"][0]) == set(theirs["ProductionVariants"][0])
    assert detail["EndpointStatus"] == example["detail"]["EndpointStatus"]
    assert ours["StartTime"] == int(desk.svc.now() * 1000)


def test_a_state_event_has_the_shape_of_awss_own_example(desk: Desk) -> None:
    doc = _endpoint(desk)
    del doc["PendingDeploymentSummary"]
    desk.svc.events.endpoint(doc)
    example = _documented("sagemaker-endpoint-state-change.json")
    assert desk.heard[-1][0] == example["detail-type"]
    assert set(desk.heard[-1][2]) == set(example["detail"])
