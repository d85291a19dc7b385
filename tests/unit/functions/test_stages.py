"""`stages.yaml`: what it means, and how each wrong setting is refused by name."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from domain.errors import InvalidSettingsError
from domain.stages import Autoscaling, Instances, Serverless, Vpc, parse_stages
from tests.support.stage_settings import INSTANCES, SERVERLESS, stages

ROOT = Path(__file__).parents[3]


def _endpoint(**spec: Any) -> dict[str, Any]:
    return {"endpoint": spec}


def test_what_is_left_out_has_defaults() -> None:
    found = parse_stages(stages())

    assert found.staging.capacity == Serverless(2048, 5)
    assert found.production.capacity == Instances("ml.m5.large", 2)
    assert found.production.rollout.type == "all_at_once"
    assert found.production.rollout.max_execution_seconds == 3600
    assert found.staging.tests.auc_tolerance == 0.005
    assert not found.production.data_capture.enabled
    assert found.production.autoscaling is None


def test_staging_is_torn_down_at_once_and_production_never() -> None:
    found = parse_stages(stages())

    assert found.staging.keep_minutes == 0
    assert found.production.keep_minutes is None


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("pipeline_def/*/stages.yaml")), ids=lambda p: p.parent.name
)
def test_the_settings_of_our_own_projects_are_accepted(path: Path) -> None:  # fmt: skip
    assert parse_stages(yaml.safe_load(path.read_text())).production.name == "production"


def test_everything_can_be_set() -> None:
    found = parse_stages(
        stages(
            {"keep_minutes": 30, "tests": {"p95_ms": 250.5, "concurrency": 5, "requests": 10,
                                           "skip": ["latency", "segments"]}},
            {
                "rollout": {"type": "canary", "canary_percent": 20, "bake_seconds": 60,
                            "termination_wait_seconds": 5, "max_execution_minutes": 30},
                "alarms": {"max_5xx": 3, "latency_p95_ms": 90},
                "data_capture": {"enabled": True, "sampling_percent": 5},
                "autoscaling": {"min": 2, "max": 6, "invocations_per_instance": 700},
                "kms_key_id": "alias/models",
                "vpc": {"subnets": ["subnet-1", "subnet-2"], "security_groups": ["sg-1"]},
            },
        )
    )  # fmt: skip

    assert found.staging.keep_minutes == 30
    assert found.staging.tests.p95_ms == 250.5
    assert found.staging.tests.skip == ("segments", "latency")
    production = found.production
    assert (production.rollout.canary_percent, production.rollout.bake_seconds) == (20, 60)
    assert production.rollout.max_execution_seconds == 1800
    assert (production.alarms.max_5xx, production.alarms.latency_p95_ms) == (3, 90)
    assert production.autoscaling == Autoscaling(2, 6, 700)
    assert production.vpc == Vpc(("subnet-1", "subnet-2"), ("sg-1",))


WRONG: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("an unknown stage setting", {"replicas": 3}, {}, "staging has the unknown setting 'replicas'"),
    ("two kinds of capacity", _endpoint(**SERVERLESS, **INSTANCES), {}, "staging.endpoint needs"),
    ("no capacity", {"endpoint": {}}, {}, "staging.endpoint needs either"),
    ("capacity as a word", {"endpoint": "serverless"}, {}, "staging.endpoint is 'serverless'"),
    ("an odd memory", _endpoint(serverless={"memory_mb": 1500}), {}, "memory_mb is 1500"),
    ("no memory", _endpoint(serverless={}), {}, "staging.endpoint.serverless.memory_mb is None"),
    ("too many callers", _endpoint(serverless={"memory_mb": 1024, "max_concurrency": 201}), {},
     "max_concurrency is 201"),
    ("a wrong type", {}, _endpoint(instances={"type": "m5.large", "count": 1}), "instances.type"),
    ("no instance", {}, _endpoint(instances={"type": "ml.m5.large", "count": 0}), "count is 0"),
    ("a count as text", {}, _endpoint(instances={"type": "ml.m5.large", "count": "2"}), "'2'"),
    ("a count as yes", {}, _endpoint(instances={"type": "ml.m5.large", "count": True}), "True"),
    ("a misspelt instance setting", {}, _endpoint(instances={"type": "ml.m5.large", "cuont": 2}),
     "cuont"),
    ("a misspelt serverless setting", _endpoint(serverless={"memory_mb": 1024, "memroy": 2}), {},
     "memroy"),
    ("an unknown rollout", {}, {"rollout": {"type": "blue"}}, "production.rollout.type is 'blue'"),
    ("a rollout type that is a list", {}, {"rollout": {"type": ["canary"]}}, "rollout.type is"),
    ("a canary above half", {}, {"rollout": {"canary_percent": 51}}, "canary_percent is 51"),
    ("a tiny linear step", {}, {"rollout": {"linear_percent": 9}}, "linear_percent is 9"),
    ("a long bake", {}, {"rollout": {"bake_seconds": 3601}}, "bake_seconds is 3601"),
    ("a short rollout", {}, {"rollout": {"max_execution_minutes": 9}}, "minutes is 9"),
    ("a rollout as text", {}, {"rollout": "canary"}, "production.rollout is 'canary'"),
    ("a guardrail below nothing", {}, {"alarms": {"max_5xx": -1}}, "alarms.max_5xx is -1"),
    ("a guardrail that always fires", {}, {"alarms": {"max_5xx": 0}}, "alarms.max_5xx is 0"),
    ("an alarm as text", {}, {"alarms": {"latency_p95_ms": "fast"}}, "latency_p95_ms is 'fast'"),
    ("an unknown alarm", {}, {"alarms": {"max_4xx": 1}}, "unknown setting 'max_4xx'"),
    ("a limit as truth", {"tests": {"p95_ms": True}}, {}, "staging.tests.p95_ms is True"),
    ("a fraction of a caller", {"tests": {"concurrency": 1.5}}, {}, "concurrency is 1.5"),
    ("more callers than threads", {}, {"tests": {"concurrency": 101}}, "concurrency is 101"),
    ("callers that are refused", {"tests": {"concurrency": 6}}, {},
     "staging.tests.concurrency is 6, and staging.endpoint.serverless.max_concurrency is 5"),
    ("tests that outlast their function", {}, {"tests": {"requests": 5000}},
     "production.tests.requests is 5000: at p95_ms 500 and concurrency 4 they take 625 seconds"),
    ("no test request", {"tests": {"requests": 0}}, {}, "staging.tests.requests is 0"),
    ("an unknown limit", {"tests": {"p99_ms": 5}}, {}, "unknown setting 'p99_ms'"),
    ("a test that nobody knows", {"tests": {"skip": ["speed"]}}, {},
     "staging.tests.skip has the unknown test 'speed'"),
    ("the artifact untested", {"tests": {"skip": ["artifact"]}}, {}, "artifact cannot be skipped"),
    ("one test for a list", {"tests": {"skip": "latency"}}, {}, "staging.tests.skip is 'latency'"),
    ("no truth in production", {}, {"tests": {"skip": ["truth"]}}, "unknown test 'truth'"),
    ("capture as a word", {}, {"data_capture": {"enabled": "on"}}, "enabled is 'on'"),
    ("too much capture", {}, {"data_capture": {"sampling_percent": 101}}, "percent is 101"),
    ("scaling a serverless", {"autoscaling": {"min": 1}}, {}, "staging.autoscaling is for"),
    ("a floor above the roof", {}, {"autoscaling": {"min": 5, "max": 2}}, "autoscaling.min"),
    ("an unknown scaling", {}, {"autoscaling": {"minimum": 1}}, "unknown setting 'minimum'"),
    ("a network without groups", {}, {"vpc": {"subnets": ["s"]}}, "production.vpc needs"),
    ("a subnet as a number", {}, {"vpc": {"subnets": [1], "security_groups": ["sg"]}}, "vpc"),
    ("one subnet", {}, {"vpc": {"subnets": ["s", "s"], "security_groups": ["sg"]}},
     "production.vpc.subnets needs two"),
    ("a key for a local disk", {},
     {**_endpoint(instances={"type": "ml.m5d.large"}), "kms_key_id": "alias/k"},
     "production.kms_key_id: ml.m5d.large has local storage"),
    ("a key as a number", {}, {"kms_key_id": 5}, "production.kms_key_id is 5"),
    ("keeping production", {}, {"keep_minutes": 5}, "production.keep_minutes is for staging"),
    ("keeping staging for ever", {"keep_minutes": 43201}, {}, "staging.keep_minutes is 43201"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("staging", "production", "words"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG]
)
def test_a_wrong_setting_is_refused_by_name(
    staging: dict[str, Any], production: dict[str, Any], words: str
) -> None:  # fmt: skip
    with pytest.raises(InvalidSettingsError) as refused:
        parse_stages(stages(staging, production))

    assert str(refused.value).startswith("stages.yaml: ")
    assert words in str(refused.value)


ONE = _endpoint(instances={"type": "ml.m5.large", "count": 1})
CANARY = {"rollout": {"type": "canary"}}
NETWORK = {"vpc": {"subnets": ["subnet-1"], "security_groups": ["sg-1"]}}


@pytest.mark.parametrize("name", ["staging", "production"])
@pytest.mark.parametrize(
    ("setting", "more"),
    [
        ("vpc", NETWORK),
        ("data_capture.enabled", {"data_capture": {"enabled": True}}),
        ("kms_key_id", {"kms_key_id": "alias/models"}),
        ("rollout.type", CANARY),
    ],
)
def test_what_sagemaker_offers_for_instances_only_is_refused_of_a_serverless_stage(
    name: str, setting: str, more: dict[str, Any]
) -> None:  # fmt: skip
    with pytest.raises(InvalidSettingsError, match=f"{name}.{setting} is .*give {name} instances"):
        parse_stages(stages(**{name: _endpoint(**SERVERLESS) | more}))


@pytest.mark.parametrize("kind", ["canary", "linear"])
@pytest.mark.parametrize(
    ("setting", "more"),
    [
        ("endpoint.instances.count", ONE),
        ("autoscaling.min", {"autoscaling": {"max": 4}}),
        ("autoscaling.min", {"autoscaling": {"min": 1, "max": 4}}),
    ],
)
def test_steps_are_refused_where_one_machine_is_all_there_may_be(
    kind: str, setting: str, more: dict[str, Any]
) -> None:
    """SageMaker: a canary or a step is at most half of the new fleet."""
    with pytest.raises(InvalidSettingsError, match=rf"production.{setting} is 1: .*all_at_once"):
        parse_stages(stages(production={"rollout": {"type": kind}, **more}))


def test_one_machine_that_scaling_raises_to_two_takes_a_canary() -> None:
    scaling = {"autoscaling": {"min": 2, "max": 4}}

    assert parse_stages(stages(production=CANARY | ONE | scaling)).production.autoscaling
    assert parse_stages(stages(production=ONE)).production.capacity == Instances("ml.m5.large", 1)


@pytest.mark.parametrize(
    ("rollout", "waits"),
    [
        ({"type": "canary", "bake_seconds": 3600}, 3600),
        ({"type": "canary", "bake_seconds": 300, "max_execution_minutes": 10,
          "termination_wait_seconds": 300}, 600),
        ({"type": "linear", "linear_percent": 10, "bake_seconds": 360}, 3600),
    ],
)  # fmt: skip
def test_a_rollout_that_sagemaker_would_end_while_it_bakes_is_refused(
    rollout: dict[str, Any], waits: int
) -> None:
    """The limit "should be larger than the total waiting time": else every release rolls back."""
    with pytest.raises(InvalidSettingsError, match=f"waits {waits} seconds .*max_execution"):
        parse_stages(stages(production={"rollout": rollout}))


def test_a_rollout_just_below_its_limit_is_accepted() -> None:
    rollout = {"type": "canary", "bake_seconds": 3599}

    assert parse_stages(stages(production={"rollout": rollout})).production.rollout.bake_seconds


def test_a_canary_on_a_serverless_production_is_refused_with_the_mend() -> None:
    with pytest.raises(InvalidSettingsError, match="set it to all_at_once"):
        parse_stages(stages(production={"endpoint": SERVERLESS, "rollout": {"type": "canary"}}))


@pytest.mark.parametrize("missing", ["staging", "production"])
def test_a_stage_that_is_missing_is_named(missing: str) -> None:
    document = stages()
    del document[missing]

    with pytest.raises(InvalidSettingsError, match=missing):
        parse_stages(document)


def test_an_unknown_section_is_named() -> None:
    with pytest.raises(InvalidSettingsError, match="'prod'"):
        parse_stages(stages(prod={}))


@pytest.mark.parametrize("document", [None, [], "staging"])
def test_something_that_is_no_group_of_settings_is_refused(document: Any) -> None:
    with pytest.raises(InvalidSettingsError):
        parse_stages(document)
