"""The committed churn pipeline as it is, both ways of having /opt/ml; and what a crash leaves."""

from __future__ import annotations

import json
import os
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from localcloud.sagemaker.endpoints import capture
from pipeline_def.datasets import telecom
from tests.integration.sagemaker.conftest import archive, image_python, running
from tests.integration.sagemaker.workshop import BUCKET, IMAGE, Workshop
from tests.support.waiting import wait_until

REPOSITORY = Path(__file__).parents[3]
CHURN = REPOSITORY / "pipeline_def" / "churn"
Doc = dict[str, Any]

pytestmark = pytest.mark.skipif(not image_python().exists(), reason="needs the image's interpreter")


def upload(shop: Workshop, rendered: Doc) -> dict[str, str]:
    """Put each step's code where its parameter says, as the build does."""
    places = {}
    for name, entry in rendered["code"].items():
        files = {at: (REPOSITORY / path).read_bytes() for at, path in entry["files"].items()}
        files["settings.json"] = json.dumps(entry["settings"]).encode()
        if entry["layout"] == "sourcedir":
            packed = archive(dict(files))
            places[name] = shop.put(f"code/{name}/sourcedir.tar.gz", packed)
            continue
        for at, body in files.items():
            shop.put(f"code/{name}/{at}", body)
        places[name] = f"s3://{BUCKET}/code/{name}"
    return places


@pytest.mark.parametrize("namespaces", ["1", "0"], ids=["namespace", "rewriting"])
def test_the_churn_pipeline_trains_and_registers_a_model(tmp_path: Path, namespaces: str) -> None:
    rendered = json.loads((CHURN / "rendered.json").read_text())
    table = tmp_path / "churn.csv"
    telecom.write(table, rows=2000, seed=7)
    with running(tmp_path / "cloud", SLIPWAY_NAMESPACES=namespaces) as context:
        shop = Workshop(context)
        shop.put("data/churn.csv", table.read_bytes())
        shop.put("champion/none/none.txt", b"none")
        values = {
            "ChampionVersion": "none",
            "ChampionModelUri": f"s3://{BUCKET}/champion/none/",
            "ChampionStatisticsUri": f"s3://{BUCKET}/champion/none/",
            **upload(shop, rendered),
            "ArtifactBucket": BUCKET,
            "ExecutionRoleArn": shop.role,
            "XGBoostImage": IMAGE,
            "InputDataUri": f"s3://{BUCKET}/data/",
            "ModelPackageGroupName": "churn",
            "SettingsDigest": rendered["settings_digest"],
        }
        document = json.loads((CHURN / "pipeline.json").read_text())
        declared = {entry["Name"]: entry for entry in document["Parameters"]}
        for name, entry in declared.items():
            if "DefaultValue" not in entry:
                values.setdefault(name, name.lower())
        shop.pipeline("churn", document["Steps"], document["Parameters"])
        given = {name: value for name, value in values.items() if name in declared}
        arn = shop.started("churn", **given)
        done = shop.ended(arn, 120)
        steps = shop.steps(arn)
        reasons = {name: step.get("FailureReason") for name, step in steps.items()}
        assert done["PipelineExecutionStatus"] == "Succeeded", reasons
        package = shop.sm.describe_model_package(
            ModelPackageName=steps["Register"]["Metadata"]["RegisterModel"]["Arn"]
        )
        evaluation = json.loads(
            shop.get(package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"])
        )
        auc = evaluation["binary_classification_metrics"]["auc"]["value"]
        assert 0.85 < auc < 1

        said = monitored(
            shop, rendered, values, package["CustomerMetadataProperties"]["statistics_uri"]
        )
        assert said["drifted"] == ["Day Mins"]
        assert said["rows"] == 300


def monitored(shop: Workshop, rendered: Doc, values: dict[str, str], baseline: str) -> Doc:
    """Run monitor.json over requests whose minutes are too many; drift.json of the run."""
    minutes = telecom.HEADER.index("Day Mins")
    config = {
        "CaptureOptions": [{"CaptureMode": "Input"}],
        "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
    }
    now = datetime(2026, 11, 23, 9, tzinfo=UTC)
    lines = []
    for customer in telecom.customers(rows=300, seed=8):
        row = list(customer[:-1])
        row[minutes] = str(float(row[minutes]) + 120)
        asked = ("text/csv", ",".join(row).encode())
        lines.append(json.dumps(capture.entry(config, asked, ("text/csv", b"0.1"), {}, now)))
    key = "capture/p/p/AllTraffic/2026/11/23/09/00-00-000-a.jsonl"
    shop.put(key, "\n".join(lines).encode())
    shop.put("capture/p/p/AllTraffic/2026/11/23/08/not-in-the-manifest.jsonl", b"broken\n")
    shop.put("drift/manifest.json", json.dumps([{"prefix": f"s3://{BUCKET}/"}, key]).encode())
    document = json.loads((CHURN / "monitor.json").read_text())
    known = {name: values[name] for name in rendered["code"] if name == "MonitorCode"}
    known |= {name: values[name] for name in ("ArtifactBucket", "ExecutionRoleArn", "XGBoostImage")}
    shop.pipeline("churn-drift", document["Steps"], document["Parameters"])
    arn = shop.started(
        "churn-drift",
        **known,
        ProjectName="churn",
        ProjectId="churn-1",
        ChampionVersion="1",
        ChampionStatisticsUri=baseline,
        CaptureManifestUri=f"s3://{BUCKET}/drift/manifest.json",
    )
    done = shop.ended(arn, 60)
    assert done["PipelineExecutionStatus"] == "Succeeded", shop.steps(arn)
    run = arn.rpartition("/")[2]
    said: Doc = json.loads(shop.get(f"s3://{BUCKET}/runs/{run}/Monitor/report/drift.json"))
    return said


def test_a_crash_of_the_cloud_is_told_at_the_next_start(tmp_path: Path) -> None:
    home = tmp_path / "cloud"
    with running(home) as context:
        shop = Workshop(context)
        request = shop.processing("sleeps", "print('on', flush=True); import time; time.sleep(60)")
        del request["ProcessingJobName"]
        step = {"Name": "Sleeps", "Type": "Processing", "Arguments": request}
        shop.pipeline("sleeps", [step])
        arn = shop.started("sleeps")
        logs = home / "jobs" / "processing-job"
        wait_until(lambda: [log for log in logs.glob("*/output.log") if log.read_text()], 30)
        os.kill(json.loads((home / "cloud.json").read_text())["pid"], signal.SIGKILL)
    (home / "cloud.json").unlink()
    with running(home) as context:
        shop = Workshop(context)
        done = shop.sm.describe_pipeline_execution(PipelineExecutionArn=arn)
        assert done["PipelineExecutionStatus"] == "Failed"
        assert "the local cloud ended while this execution was running" in done["FailureReason"]
        step = shop.steps(arn)["Sleeps"]
        assert step["StepStatus"] == "Failed"
        job = step["Metadata"]["ProcessingJob"]["Arn"].rpartition("/")[2]
        listed = shop.sm.list_processing_jobs(NameContains=job)["ProcessingJobSummaries"]
        assert [entry["ProcessingJobStatus"] for entry in listed] == ["Failed"]
