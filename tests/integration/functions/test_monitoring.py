"""From a schedule to an answered drift: each outcome has its name, and nobody is told twice."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from report_monitor import publishing
from start_monitor import watching
from start_pipeline import drifting, starting

from adapters import aws, failures, pipelines, registry, training
from domain import building, monitoring
from domain import ledger as keys
from domain.release import parse_version
from tests.support.product import ADA, BUCKET, COMMIT, NOW, PRODUCTION, TABLE, World, arn_of

MONITOR = "slipway-drift"
ROLE = "arn:aws:iam::123456789012:role/pipeline"
WATCH = watching.Settings(
    artifact_bucket=BUCKET, drift_window_hours="24", ledger_table=TABLE,
    monitor_pipeline_name=MONITOR, pipeline_role_arn=ROLE, production_endpoint_name=PRODUCTION,
    project_id="p-1", project_name="churn",
)  # fmt: skip
TRAIN = starting.Settings(
    approvers=ADA, artifact_bucket=BUCKET, branch="main", build_state_machine_arn="arn:build",
    data_prefix="data/", github_api_url="", github_secret_arn="", ledger_table=TABLE,
    model_package_group_name="slipway", pipeline_name="slipway",
    production_endpoint_name=PRODUCTION, project_name="churn", provider="codecommit",
    repository="models", sender_email="s@example.com", topic_arn="arn:topic",
)  # fmt: skip
CAPTURED = f"capture/{PRODUCTION}/{PRODUCTION}/AllTraffic"
RUN = f"arn:aws:sagemaker:us-east-1:123456789012:pipeline/{MONITOR}/execution/abc"


class SageMaker:
    """SageMaker's pipelines, as far as the monitor uses them."""

    class exceptions:  # noqa: N801 (botocore's name)
        """Its errors."""

        class ResourceNotFound(Exception):
            """There is no such pipeline."""

    def __init__(self) -> None:
        self.pipelines: dict[str, dict[str, Any]] = {}
        self.started: dict[str, dict[str, Any]] = {}

    def update_pipeline(self, **given: Any) -> None:
        if given["PipelineName"] not in self.pipelines:
            raise self.exceptions.ResourceNotFound
        self.pipelines[given["PipelineName"]] |= given

    def create_pipeline(self, **given: Any) -> None:
        self.pipelines[given["PipelineName"]] = given

    def start_pipeline_execution(self, **given: Any) -> dict[str, str]:
        self.started.setdefault(given["ClientRequestToken"], given)
        at = list(self.started).index(given["ClientRequestToken"])
        return {"PipelineExecutionArn": f"arn:execution/{at}"}


@pytest.fixture(name="sagemaker")
def _sagemaker(world: World, monkeypatch: pytest.MonkeyPatch) -> SageMaker:
    assert world.started == {}
    fake, real = SageMaker(), aws.client
    monkeypatch.setattr(aws, "client", lambda name: fake if name == "sagemaker" else real(name))
    monkeypatch.setattr(
        registry,
        "version_if_there",
        lambda arn: parse_version(world.versions[arn]) if arn in world.versions else None,
    )
    return fake


def live(world: World, number: int = 7) -> None:
    """A version in production, with its statistics and its commit's monitor."""
    world.register(number, "Approved")
    properties = world.versions[arn_of(number)]["CustomerMetadataProperties"]
    properties["statistics_uri"] = f"s3://{BUCKET}/runs/r/CheckData/statistics"
    world.put("runs/r/CheckData/statistics/profile.json", b"{}")
    world.put(f"definitions/{COMMIT}/monitor.json", b'{"Parameters": []}')
    stage = {"model_package_arn": arn_of(number)}
    world.ledger.put(keys.stage_key(PRODUCTION), stage)


def hour(back: int) -> str:
    return f"{NOW - timedelta(hours=back):%Y/%m/%d/%H}"


# -- watching -------------------------------------------------------------------------------------


def test_the_monitor_runs_as_the_live_versions_commit_says_on_the_windows_requests(
    world: World, sagemaker: SageMaker
) -> None:
    live(world)
    for back in (1, 24, 25):
        world.put(f"{CAPTURED}/{hour(back)}/a.jsonl", b"{}\n")

    seen = watching.watch(NOW, WATCH)

    assert (seen["outcome"], seen["version"], seen["files"]) == ("started", 7, 2)
    (pipeline,) = sagemaker.pipelines.values()
    assert pipeline["PipelineName"] == MONITOR
    assert pipeline["RoleArn"] == ROLE
    location = pipeline["PipelineDefinitionS3Location"]
    assert location["ObjectKey"] == f"definitions/{COMMIT}/monitor.json"
    (started,) = sagemaker.started.values()
    given = {one["Name"]: one["Value"] for one in started["PipelineParameters"]}
    assert given["ChampionVersion"] == "7"
    assert given["ChampionStatisticsUri"] == f"s3://{BUCKET}/runs/r/CheckData/statistics"
    bucket, _, key = given["CaptureManifestUri"].removeprefix("s3://").partition("/")
    listed = json.loads(aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())
    assert listed == [
        {"prefix": f"s3://{BUCKET}/"},
        f"{CAPTURED}/{hour(24)}/a.jsonl",
        f"{CAPTURED}/{hour(1)}/a.jsonl",
    ]


def test_a_schedule_that_fires_twice_at_one_time_starts_one_run(
    world: World, sagemaker: SageMaker
) -> None:
    live(world)
    world.put(f"{CAPTURED}/{hour(1)}/a.jsonl", b"{}\n")

    first, second = watching.watch(NOW, WATCH), watching.watch(NOW, WATCH)

    assert first == second
    assert len(sagemaker.started) == 1
    watching.watch(NOW + timedelta(hours=1), WATCH)
    assert len(sagemaker.started) == 2


@pytest.mark.parametrize(
    ("gone", "outcome"),
    [
        ("stage", "no_version_in_production"),
        (f"definitions/{COMMIT}/monitor.json", "built_before_monitoring"),
        ("runs/r/CheckData/statistics/profile.json", "no_training_statistics"),
        (f"{CAPTURED}/{hour(1)}/a.jsonl", "no_captured_requests"),
    ],
)
def test_what_cannot_be_watched_has_a_name_and_starts_nothing(
    world: World, sagemaker: SageMaker, gone: str, outcome: str
) -> None:
    live(world)
    world.put(f"{CAPTURED}/{hour(1)}/a.jsonl", b"{}\n")
    if gone == "stage":
        world.ledger.delete(keys.stage_key(PRODUCTION))
    else:
        aws.client("s3").delete_object(Bucket=BUCKET, Key=gone)

    assert watching.watch(NOW, WATCH) == {"outcome": outcome}
    assert (sagemaker.pipelines, sagemaker.started, world.mails) == ({}, {}, [])


# -- publishing -----------------------------------------------------------------------------------


def ended(monkeypatch: pytest.MonkeyPatch, status: str = "Succeeded") -> None:
    steps = {"StepName": "Monitor", "StepStatus": status, "FailureReason": "no profile.json"}
    run = pipelines.Run(RUN, status, "", {}, (steps,))
    monkeypatch.setattr(pipelines, "run", lambda _: run)


def reported(world: World, **other: Any) -> None:
    report = {
        "outcome": "compared", "version": "7", "requests": 500, "rows": 500, "unreadable": 0,
        "first": "a", "last": "b", "limit": 0.2, "drifted": ["Day Mins"],
        "columns": [{"column": "Day Mins", "psi": 1.5, "most": "more"},
                    {"column": "State", "psi": 0.01, "most": "less"}], **other,
    }  # fmt: skip
    world.put("runs/abc/Monitor/report/drift.json", json.dumps(report).encode())


def published(world: World, ended_at: str = "") -> dict[str, Any]:
    shared = world.settings
    names = {name: getattr(shared, name) for name in shared.__dataclass_fields__}
    settings = publishing.Settings(
        **names, monitor_pipeline_name=MONITOR, dead_letters_arn="arn:aws:sqs:us-east-1:1:dead",
        reconcile_function_arn="arn:aws:lambda:us-east-1:1:function:reconcile",
        schedule_role_arn="arn:aws:iam::1:role/schedules",
    )  # fmt: skip
    return publishing.publish(RUN, settings, NOW, ended_at)


def metric(name: str, **dimensions: str) -> list[float]:
    answer = aws.client("cloudwatch").get_metric_statistics(
        Namespace="Slipway", MetricName=name, Period=300, Statistics=["Maximum"],
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=NOW - timedelta(days=9000), EndTime=NOW + timedelta(days=9000),
    )  # fmt: skip
    return [point["Maximum"] for point in answer["Datapoints"]]


def test_the_figures_become_metrics_and_the_ledger_knows_the_columns(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended(monkeypatch)
    reported(world)

    assert published(world) == {"outcome": "compared", "rows": 500, "drifted": ["Day Mins"]}

    assert metric("DriftedColumns", EndpointName=PRODUCTION) == [1.0]
    assert metric("ColumnDrift", EndpointName=PRODUCTION, Column="Day Mins") == [1.5]
    assert metric("ColumnDrift", EndpointName=PRODUCTION, Column="State") == [0.01]
    stored = world.ledger.get(monitoring.drift_key(PRODUCTION)) or {}
    assert monitoring.from_item(stored).moved == (("Day Mins", 1.5, "more"),)
    assert world.mails == []


def test_too_few_requests_publish_nothing_and_tell_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended(monkeypatch)
    reported(world, outcome="too_few_requests", rows=3, columns=[], drifted=[])
    before = world.table()

    assert published(world) == {"outcome": "too_few_requests", "rows": 3}
    assert metric("DriftedColumns", EndpointName=PRODUCTION) == []
    assert (world.table(), world.mails) == (before, [])


def test_a_monitor_that_failed_is_told_once_and_publishes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended(monkeypatch, "Failed")
    monkeypatch.setattr(failures.joblogs, "of_step", lambda _: failures.joblogs.JobLog())

    assert published(world) == {"outcome": "pipeline_failed"}
    assert published(world) == {"outcome": "pipeline_failed"}
    assert world.mails == []  # nobody started it, and nobody waits
    scheduler = aws.client("scheduler")
    due = scheduler.get_schedule(Name=f"{MONITOR}-failures")["ScheduleExpression"]
    assert due == f"at({NOW + timedelta(hours=1):%Y-%m-%dT%H:%M:%S})"
    for _ in range(2):
        failures.settle(MONITOR, world.settings, NOW + timedelta(hours=1))
    assert {subject for _, subject in world.mails} == {"[churn] Pipeline failed: Monitor"}
    assert len(world.mails) == 2  # both approvers, once each
    assert metric("DriftedColumns", EndpointName=PRODUCTION) == []


def test_a_monitor_that_is_retried_and_fails_again_is_another_failure(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended(monkeypatch, "Failed")
    monkeypatch.setattr(failures.joblogs, "of_step", lambda _: failures.joblogs.JobLog())
    for at in ("10:00", "10:00", "10:30"):
        published(world, f"2026-11-25T{at}:00Z")

    failures.settle(MONITOR, world.settings, NOW + timedelta(hours=1))

    (subject,) = {subject for _, subject in world.mails}
    assert "failed 2 times within the hour" in subject


# -- answering ------------------------------------------------------------------------------------


@pytest.fixture(name="drifted")
def _drifted(world: World, sagemaker: SageMaker, monkeypatch: pytest.MonkeyPatch) -> SageMaker:
    """A drifted production, a built branch and a table."""
    live(world)
    world.put("data/churn.csv", b"a,b\n1,2\n")
    ended(monkeypatch)
    reported(world)
    published(world)
    fresh = training.fresh(BUCKET, "data/")
    branch = building.Branch(
        head=COMMIT, head_at="t", commit=COMMIT, commit_at="t", data=fresh["DataDigest"],
        description="Train", runs=1, parameters={"CommitId": COMMIT, **fresh},
    )  # fmt: skip
    world.ledger.put(
        keys.branch_key("models", "main"), building.to_item(replace(branch, revision=1))
    )
    return sagemaker


def test_a_drift_starts_training_and_one_mail_says_why(world: World, drifted: SageMaker) -> None:
    arn = drifting.answer(TRAIN, NOW)

    assert arn == "arn:execution/0"
    (started,) = drifted.started.values()
    assert started["PipelineName"] == "slipway"
    assert started["PipelineExecutionDescription"] == "Train (drift)"
    assert world.mails == [(ADA, "[churn] Requests to production have drifted: 'Day Mins'")]
    told = [item["title"] for item in world.ledger.timeline(arn_of(7))]
    assert told == ["Requests to production have drifted: 'Day Mins'"]


def test_the_same_drift_found_again_is_answered_once(world: World, drifted: SageMaker) -> None:
    drifting.answer(TRAIN, NOW)

    assert drifting.answer(TRAIN, NOW + timedelta(days=1)) is None
    assert (len(world.mails), len(drifted.started)) == (1, 1)


def test_a_drift_that_outlives_new_data_is_answered_anew(world: World, drifted: SageMaker) -> None:
    drifting.answer(TRAIN, NOW)
    world.put("data/more.csv", b"a,b\n3,4\n")

    assert drifting.answer(TRAIN, NOW + timedelta(days=1)) == "arn:execution/1"
    assert len(world.mails) == 2


def test_a_mail_that_fails_is_sent_when_lambda_tries_again(
    world: World, drifted: SageMaker
) -> None:
    world.mail_fails = lambda: True
    with pytest.raises(RuntimeError, match="SES throttles"):
        drifting.answer(TRAIN, NOW)
    world.mail_fails = lambda: False

    assert drifting.answer(TRAIN, NOW) == "arn:execution/0"
    assert (len(world.mails), len(drifted.started)) == (1, 1)


def test_a_drift_of_a_version_that_is_not_live_any_more_starts_nothing(
    world: World, drifted: SageMaker
) -> None:
    live(world, 8)

    assert drifting.answer(TRAIN, NOW) is None
    assert (world.mails, drifted.started) == ([], {})


def test_an_alarm_that_somebody_set_off_by_hand_starts_nothing(
    world: World, sagemaker: SageMaker
) -> None:
    live(world)

    assert drifting.answer(TRAIN, NOW) is None
    assert (world.mails, sagemaker.started) == ([], {})


def test_without_a_table_people_hear_that_nothing_could_be_trained(
    world: World, drifted: SageMaker
) -> None:
    aws.client("s3").delete_object(Bucket=BUCKET, Key="data/churn.csv")

    assert drifting.answer(TRAIN, NOW) is None
    assert len(world.mails) == 1
    assert drifted.started == {}
