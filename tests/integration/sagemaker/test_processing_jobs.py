"""Processing jobs over the API: real processes, real S3, real logs."""

from __future__ import annotations

import json
import os

import pytest
from botocore.exceptions import ClientError

from localcloud.context import Context
from tests.integration.sagemaker.workshop import BUCKET, Workshop, s3_input
from tests.support.waiting import wait_until


@pytest.fixture
def shop(cloud: Context) -> Workshop:
    return Workshop(cloud)


def test_a_job_reads_its_inputs_and_writes_its_outputs(shop: Workshop) -> None:
    shop.put("in/a/one.csv", "1")
    shop.put("in/a/deep/two.csv", "2")
    script = """
import json, os, pathlib, sys
files = pathlib.Path("/opt/ml/processing/in").rglob("*.csv")
found = {str(p): p.read_text() for p in files}
config = json.load(open("/opt/ml/config/processingjobconfig.json"))
hosts = json.load(open("/opt/ml/config/resourceconfig.json"))
open("/opt/ml/processing/out/found.json", "w").write(json.dumps(found))
print(sys.argv[1], os.environ["COLOUR"], config["ProcessingJobName"], hosts["current_host"])
"""
    done = shop.processed(
        "reads-and-writes",
        script,
        inputs=[s3_input("in", f"s3://{BUCKET}/in/a", "/opt/ml/processing/in")],
        arguments=["/opt/ml/processing/in"],
        Environment={"COLOUR": "red"},
    )
    assert done["ProcessingJobStatus"] == "Completed"
    assert done["ProcessingEndTime"] >= done["ProcessingStartTime"] >= done["CreationTime"]
    assert json.loads(shop.get(f"s3://{BUCKET}/reads-and-writes/out/found.json")) == {
        "/opt/ml/processing/in/one.csv": "1",
        "/opt/ml/processing/in/deep/two.csv": "2",
    }
    assert shop.log("ProcessingJobs", "reads-and-writes") == [
        "/opt/ml/processing/in red reads-and-writes algo-1"
    ]


def test_a_failing_script_is_told_with_its_own_message_and_its_exit_code(shop: Workshop) -> None:
    script = """
import sys
open("/opt/ml/output/message", "w").write("line 7: column Day Mins is not a number")
open("/opt/ml/processing/out/half.txt", "w").write("x")
sys.exit(3)
"""
    done = shop.processed("fails-with-a-message", script)
    assert done["ProcessingJobStatus"] == "Failed"
    message = "line 7: column Day Mins is not a number"
    assert done["ExitMessage"] == message
    assert done["FailureReason"] == f"AlgorithmError: {message}, exit code: 3"
    assert shop.keys("fails-with-a-message/out") == []


def test_a_failing_script_without_a_message_points_to_the_log(shop: Workshop) -> None:
    done = shop.processed("fails-silently", "raise ValueError('no such column')")
    reason = "AlgorithmError: See job logs for more information, exit code: 1"
    assert done["FailureReason"] == reason
    assert shop.log("ProcessingJobs", "fails-silently")[-1] == "ValueError: no such column"


def test_an_image_that_is_not_stood_in_for_is_named(shop: Workshop) -> None:
    image = "1.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1"
    done = shop.processed("strange-image", "", image=image)
    assert done["ProcessingJobStatus"] == "Failed"
    assert image in done["FailureReason"]
    assert "sagemaker-xgboost:3.0-5" in done["FailureReason"]


def test_an_input_without_objects_fails_the_job(shop: Workshop) -> None:
    nowhere = s3_input("in", f"s3://{BUCKET}/nowhere/", "/opt/ml/processing/in")
    done = shop.processed("no-input", "", inputs=[nowhere])
    assert f'No S3 objects found under S3 URL "s3://{BUCKET}/nowhere/"' in done["FailureReason"]


def test_a_job_may_only_read_what_its_role_may(shop: Workshop) -> None:
    shop.put("secret/a.csv", "1")
    given = [s3_input("in", f"s3://{BUCKET}/secret/", "/opt/ml/processing/in")]
    assert shop.processed("allowed", "", inputs=given)["ProcessingJobStatus"] == "Completed"
    role = shop.make_role("list-only", ["s3:ListBucket"])
    done = shop.processed("denied", "", inputs=given, role=role)
    assert done["ProcessingJobStatus"] == "Failed"
    assert "AccessDenied" in done["FailureReason"]


def test_a_role_that_is_not_there_cannot_be_assumed(shop: Workshop) -> None:
    role = "arn:aws:iam::000000000000:role/nobody"
    done = shop.processed("no-role", "", role=role)
    assert f"Could not assume role {role}" in done["FailureReason"]


def test_a_manifest_names_its_objects_one_by_one(shop: Workshop) -> None:
    shop.put("parts/a.csv", "a")
    shop.put("parts/b/c.csv", "c")
    shop.put("parts/unlisted.csv", "x")
    listed = [{"prefix": f"s3://{BUCKET}/parts/"}, "a.csv", "b/c.csv"]
    uri = shop.put("manifest.json", json.dumps(listed))
    script = """
import os
print(sorted(os.path.join(d, f) for d, _, fs in os.walk("/opt/ml/processing/in") for f in fs))
"""
    given = s3_input("in", uri, "/opt/ml/processing/in", "ManifestFile")
    shop.processed("manifest", script, inputs=[given])
    assert shop.log("ProcessingJobs", "manifest") == [
        "['/opt/ml/processing/in/a.csv', '/opt/ml/processing/in/b/c.csv']"
    ]


def test_a_stopped_job_ends_as_stopped_and_its_process_is_gone(shop: Workshop) -> None:
    script = """
import os, time
print(os.getpid(), flush=True)
time.sleep(60)
"""
    shop.sm.create_processing_job(**shop.processing("stopped", script))
    log = shop.context.home / "jobs" / "processing-job" / "stopped" / "output.log"
    wait_until(lambda: log.exists() and log.read_text(), 20)
    shop.sm.stop_processing_job(ProcessingJobName="stopped")
    assert shop.ended_processing("stopped")["ProcessingJobStatus"] == "Stopped"
    with pytest.raises(ProcessLookupError):
        os.kill(int(log.read_text()), 0)
    assert not (shop.context.home / "jobs" / "processing-job" / "stopped" / "ml").exists()


def test_a_job_that_takes_too_long_is_stopped(shop: Workshop) -> None:
    done = shop.processed(
        "too-long",
        "import time; time.sleep(60)",
        StoppingCondition={"MaxRuntimeInSeconds": 1},
    )
    assert done["ProcessingJobStatus"] == "Stopped"


def test_a_name_is_used_once(shop: Workshop) -> None:
    shop.processed("twice", "")
    with pytest.raises(ClientError, match="ResourceInUse"):
        shop.processed("twice", "")


def test_jobs_are_listed_newest_first_by_status(shop: Workshop) -> None:
    shop.processed("listed-1", "")
    shop.processed("listed-2", "raise SystemExit(1)")
    shop.processed("listed-3", "")

    def names(**more: str) -> list[str]:
        found = shop.sm.list_processing_jobs(NameContains="listed", **more)
        return [job["ProcessingJobName"] for job in found["ProcessingJobSummaries"]]

    assert names() == ["listed-3", "listed-2", "listed-1"]
    assert names(StatusEquals="Completed") == ["listed-3", "listed-1"]


def test_an_unknown_job_is_not_found(shop: Workshop) -> None:
    with pytest.raises(ClientError, match="Could not find requested job with name: nobody"):
        shop.sm.describe_processing_job(ProcessingJobName="nobody")
