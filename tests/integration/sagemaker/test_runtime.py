"""InvokeEndpoint's details: headers, variants, limits, metrics, capture, the algorithm itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.context import Context
from tests.integration.sagemaker.conftest import (
    IMAGE,
    ROLE,
    Studio,
    answering,
    archive,
    running,
)
from tests.support.waiting import wait_until


def two_variants(studio: Studio, name: str) -> str:
    for word in ("a", "b"):
        studio.model(f"{name}-{word}", answering(word))
    studio.sm.create_endpoint_config(
        EndpointConfigName=name,
        ProductionVariants=[
            {
                "VariantName": word.upper(),
                "ModelName": f"{name}-{word}",
                "InstanceType": "ml.m5.large",
                "InitialInstanceCount": 1,
                "InitialVariantWeight": weight,
            }
            for word, weight in (("a", 1.0), ("b", 0.0))
        ],
    )
    studio.sm.create_endpoint(EndpointName=name, EndpointConfigName=name)
    assert studio.settled(name)["EndpointStatus"] == "InService"
    return name


def test_variants_share_by_weight_and_can_be_named(studio: Studio) -> None:
    name = two_variants(studio, "shared")
    assert {studio.ask(name) for _ in range(20)} == {"a"}
    assert studio.ask(name, TargetVariant="B") == "b"
    with pytest.raises(ClientError, match="Variant C not found"):
        studio.ask(name, TargetVariant="C")
    studio.sm.update_endpoint_weights_and_capacities(
        EndpointName=name,
        DesiredWeightsAndCapacities=[
            {"VariantName": "A", "DesiredWeight": 0.0},
            {"VariantName": "B", "DesiredWeight": 1.0, "DesiredInstanceCount": 3},
        ],
    )
    doc = studio.settled(name)
    assert {studio.ask(name) for _ in range(20)} == {"b"}
    counts = {v["VariantName"]: v["CurrentInstanceCount"] for v in doc["ProductionVariants"]}
    assert counts == {"A": 1, "B": 3}


def test_types_and_attributes_pass_through_in_both_directions(studio: Studio) -> None:
    script = (
        answering("x")
        .replace("return body", "return content_type")
        .replace("return model", "return data")
    )
    name = studio.endpoint("typed", script)
    runtime = studio.context.client("sagemaker-runtime")
    answer = runtime.invoke_endpoint(
        EndpointName=name, Body=b"{}", ContentType="application/json", Accept="text/csv"
    )
    assert answer["Body"].read() == b"application/json"
    assert answer["ContentType"] == "text/csv; charset=utf-8"
    assert answer["InvokedProductionVariant"] == "AllTraffic"


def test_a_body_over_six_megabytes_is_refused_before_the_model_sees_it(studio: Studio) -> None:
    name = studio.endpoint("limited", answering("x"))
    assert studio.ask(name, b"1" * (6 * 1024 * 1024)) == "x"
    with pytest.raises(ClientError) as caught:
        studio.ask(name, b"1" * (6 * 1024 * 1024 + 1))
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413


def statistic(studio: Studio, metric: str, kind: str, **dimensions: str) -> float | None:
    now = datetime.now(UTC)
    found = studio.context.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SageMaker",
        MetricName=metric,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=now - timedelta(minutes=5),
        EndTime=now + timedelta(minutes=5),
        Period=3600,
        Statistics=[kind],
    )["Datapoints"]
    return float(found[0][kind]) if found else None


def test_requests_become_metrics_of_endpoint_variant_and_configuration(studio: Studio) -> None:
    script = answering("x").replace("return body", "time.sleep(0.02); assert body == '1'; return 1")
    name = studio.endpoint("counted", script)
    for _ in range(3):
        studio.ask(name, "1")
    with pytest.raises(ClientError):
        studio.ask(name, "2")
    variant = {"EndpointName": name, "VariantName": "AllTraffic"}
    wait_until(lambda: statistic(studio, "Invocations", "Sum", **variant) == 4)
    config = {**variant, "EndpointConfigName": "counted-1"}
    assert statistic(studio, "Invocation5XXErrors", "Average", **config) == 0.25
    assert statistic(studio, "Invocation4XXErrors", "Sum", **config) == 0
    latency = statistic(studio, "ModelLatency", "Minimum", **config)
    assert latency is not None
    assert 20_000 <= latency < 1_000_000
    assert statistic(studio, "InvocationsPerInstance", "Sum", **variant) == 2


def test_captured_exchanges_are_json_lines_by_endpoint_variant_and_hour(studio: Studio) -> None:
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": "s3://models/captured",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
    }
    config = studio.config(
        "watched", studio.model("watched", answering("7")), DataCaptureConfig=capture
    )
    studio.sm.create_endpoint(EndpointName="watched", EndpointConfigName=config)
    assert studio.settled("watched")["DataCaptureConfig"]["CaptureStatus"] == "Started"
    studio.ask("watched", "1,2", InferenceId="row-9")
    s3 = studio.context.client("s3")

    def written() -> list[dict[str, Any]]:
        prefix = f"captured/watched/AllTraffic/{datetime.now(UTC):%Y/%m/%d/%H}/"
        listed = s3.list_objects_v2(Bucket="models", Prefix=prefix).get("Contents", [])
        bodies = [s3.get_object(Bucket="models", Key=each["Key"])["Body"].read() for each in listed]
        return [json.loads(line) for body in bodies for line in body.decode().splitlines()]

    (line,) = wait_until(written)
    assert line["captureData"]["endpointInput"]["data"] == "1,2"
    assert line["captureData"]["endpointOutput"]["data"] == "7"
    assert line["eventMetadata"]["inferenceId"] == "row-9"


_TRAIN = """
import sys, numpy, xgboost
x = numpy.random.default_rng(1).normal(size=(200, 2))
booster = xgboost.train({"objective": "binary:logistic"}, xgboost.DMatrix(x, x[:, 0] > 0), 3)
booster.save_model(sys.argv[1])
"""


def test_without_a_script_the_algorithm_answers_by_its_own_rules(
    studio: Studio, tmp_path: Path
) -> None:
    saved = tmp_path / "model.ubj"
    python = str(studio.context.image_python)
    subprocess.run([python, "-c", _TRAIN, str(saved)], check=True)
    body = archive({"model.ubj": saved.read_bytes()})
    studio.context.client("s3").put_object(Bucket="models", Key="algo/model.tar.gz", Body=body)
    container = {"Image": IMAGE, "ModelDataUrl": "s3://models/algo/model.tar.gz"}
    studio.sm.create_model(ModelName="algo", ExecutionRoleArn=ROLE, PrimaryContainer=container)
    studio.sm.create_endpoint(EndpointName="algo", EndpointConfigName=studio.config("algo", "algo"))
    assert studio.settled("algo")["EndpointStatus"] == "InService"
    low, high = map(float, studio.ask("algo", "-1,0\n1,0").split())
    assert low < 0.5 < high
    answer = json.loads(studio.ask("algo", "1,0", Accept="application/json"))
    assert answer["predictions"][0]["score"] == pytest.approx(high)
    assert _status(studio, "a,b\n1,0") == 415
    assert _status(studio, "{}", ContentType="application/json") == 415
    assert _status(studio, "1,0", Accept="image/png") == 406
    assert studio.ask("algo", "") == ""


def _status(studio: Studio, body: str, **more: Any) -> int:
    with pytest.raises(ClientError) as caught:
        studio.ask("algo", body, **more)
    return int(caught.value.response["OriginalStatusCode"])


def test_a_serverless_variant_serves_like_any_other(studio: Studio) -> None:
    model = studio.model("serverless", answering("cheap"))
    serverless = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    studio.sm.create_endpoint_config(
        EndpointConfigName="serverless",
        ProductionVariants=[
            {"VariantName": "AllTraffic", "ModelName": model, "ServerlessConfig": serverless}
        ],
    )
    studio.sm.create_endpoint(EndpointName="serverless", EndpointConfigName="serverless")
    (variant,) = studio.settled("serverless")["ProductionVariants"]
    assert variant["CurrentServerlessConfig"] == serverless
    assert "CurrentInstanceCount" not in variant
    assert studio.ask("serverless") == "cheap"
    with pytest.raises(ClientError, match="has oversize body"):
        studio.ask("serverless", b"1" * (4 * 1024 * 1024 + 1))


def test_an_image_that_nothing_here_stands_in_for_fails_by_name(studio: Studio) -> None:
    container = {"Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/torch:2"}
    studio.sm.create_model(ModelName="torch", ExecutionRoleArn=ROLE, PrimaryContainer=container)
    studio.sm.create_endpoint(
        EndpointName="torch", EndpointConfigName=studio.config("torch", "torch")
    )
    doc = studio.settled("torch")
    assert doc["EndpointStatus"] == "Failed"
    assert "torch:2" in doc["FailureReason"]


def test_where_no_namespace_is_allowed_paths_are_rewritten(cloud: Context) -> None:
    """The same endpoint in a cloud of its own that may not mount."""
    with running(cloud.home / "plain", SLIPWAY_NAMESPACES="0") as context:
        studio = Studio(context)
        script = answering("x").replace("return model", "return str(os.listdir('/opt/ml/model'))")
        assert "code" in studio.ask(studio.endpoint("plain", script))


def test_serving_processes_end_when_the_cloud_is_killed(cloud: Context) -> None:
    with running(cloud.home / "doomed") as context:
        studio = Studio(context)
        script = answering("x").replace("return model", "return str(os.getpid())")
        pid = int(studio.ask(studio.endpoint("orphan", script)))
        os.kill(json.loads((context.home / "cloud.json").read_text())["pid"], signal.SIGKILL)

        def ended() -> bool:
            stat = Path(f"/proc/{pid}/stat")
            return not stat.exists() or stat.read_text().split()[2] == "Z"

        wait_until(ended, 10)
