"""Training jobs over the API: script mode, channels, artifacts, metrics."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.context import Context
from tests.integration.sagemaker.conftest import archive
from tests.integration.sagemaker.workshop import BUCKET, IMAGE, Workshop
from tests.support.waiting import wait_until

Doc = dict[str, Any]


@pytest.fixture
def shop(cloud: Context) -> Workshop:
    return Workshop(cloud)


def create(shop: Workshop, name: str, script: str, parameters: Doc | None = None) -> None:
    code = shop.put(f"{name}/sourcedir.tar.gz", archive({"train.py": script}))
    data = shop.put("train-data/rows.csv", "1,2\n")
    source = {"S3DataType": "S3Prefix", "S3Uri": data.rpartition("/")[0]}
    metric = {"Name": "validation:auc", "Regex": "auc=([0-9.]+)"}
    shop.sm.create_training_job(
        TrainingJobName=name,
        RoleArn=shop.role,
        HyperParameters={
            "sagemaker_program": "train.py",
            "sagemaker_submit_directory": code,
            **(parameters or {}),
        },
        AlgorithmSpecification={
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "MetricDefinitions": [metric],
        },
        InputDataConfig=[
            {
                "ChannelName": "train",
                "DataSource": {"S3DataSource": source},
                "ContentType": "text/csv",
            }
        ],
        OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/models"},
        ResourceConfig={"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 60},
    )


def members(body: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(body)) as tar:
        found = {item.name: tar.extractfile(item) for item in tar.getmembers()}
        return {name: file.read() for name, file in found.items() if file is not None}


SCRIPT = """
import json, os, sys
from pathlib import Path
model = Path(os.environ["SM_MODEL_DIR"])
rows = Path(os.environ["SM_CHANNEL_TRAIN"], "rows.csv").read_text()
(model / "model.txt").write_text(rows)
(model / "sub").mkdir()
(model / "sub" / "more.txt").write_text("x")
Path(os.environ["SM_OUTPUT_DATA_DIR"], "notes.txt").write_text("n")
print(json.dumps(sys.argv))
print(os.getcwd(), os.environ["SM_HP_MAX_DEPTH"], os.environ["SM_CHANNELS"])
config = json.load(open("/opt/ml/input/config/hyperparameters.json"))
print(sorted(config), json.load(open("/opt/ml/input/config/inputdataconfig.json"))["train"])
for value in ("0.5", "0.91"):
    print(f"auc={value}")
"""


def test_script_mode_trains_and_packs_the_model(shop: Workshop) -> None:
    create(shop, "trains", SCRIPT, {"max_depth": "5", "eta": "0.2", "name": '"x y"'})
    done = shop.ended_training("trains")
    assert done["TrainingJobStatus"] == "Completed", done.get("FailureReason")
    uri = done["ModelArtifacts"]["S3ModelArtifacts"]
    assert uri == f"s3://{BUCKET}/models/trains/output/model.tar.gz"
    assert members(shop.get(uri)) == {"model.txt": b"1,2\n", "sub/more.txt": b"x"}
    output = shop.get(uri.replace("model.tar.gz", "output.tar.gz"))
    assert members(output) == {"notes.txt": b"n"}
    lines = shop.log("TrainingJobs", "trains")
    assert json.loads(lines[0]) == [
        "train.py", "--eta", "0.2", "--max_depth", "5", "--name", "x y",
    ]  # fmt: skip
    assert lines[1] == '/opt/ml/code 5 ["train"]'
    assert lines[2].startswith("['eta', 'max_depth', 'name', 'sagemaker_program',")
    assert "'ContentType': 'text/csv'" in lines[2]
    assert [metric["MetricName"] for metric in done["FinalMetricDataList"]] == ["validation:auc"]
    assert done["FinalMetricDataList"][0]["Value"] == pytest.approx(0.91)
    assert done["BillableTimeInSeconds"] == done["TrainingTimeInSeconds"] >= 1


def test_every_secondary_status_is_recorded_in_its_order(shop: Workshop) -> None:
    create(shop, "statuses", "print(1)")
    done = shop.ended_training("statuses")
    transitions = done["SecondaryStatusTransitions"]
    assert [entry["Status"] for entry in transitions] == [
        "Starting", "Downloading", "Training", "Uploading", "Completed",
    ]  # fmt: skip
    assert all(entry["EndTime"] >= entry["StartTime"] for entry in transitions)
    assert transitions[2]["StatusMessage"].startswith("Training image download completed")


def test_the_same_training_makes_the_same_bytes(shop: Workshop) -> None:
    digests = []
    for name in ("same-1", "same-2"):
        create(shop, name, SCRIPT, {"max_depth": "5"})
        uri = shop.ended_training(name)["ModelArtifacts"]["S3ModelArtifacts"]
        digests.append(hashlib.sha256(shop.get(uri)).hexdigest())
    assert digests[0] == digests[1]


def test_a_script_says_why_it_failed(shop: Workshop) -> None:
    script = "open('/opt/ml/output/failure', 'w').write('no rows in train'); raise SystemExit(2)"
    create(shop, "says-why", script)
    done = shop.ended_training("says-why")
    assert done["TrainingJobStatus"] == done["SecondaryStatus"] == "Failed"
    assert done["FailureReason"] == "AlgorithmError: no rows in train, exit code: 2"


def test_a_script_that_only_fails_is_told_as_the_toolkit_tells_it(shop: Workshop) -> None:
    create(shop, "only-fails", "raise ValueError('x')", {"a": "1"})
    assert shop.ended_training("only-fails")["FailureReason"] == (
        'AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage ""\n'
        'Command "python3 train.py -a 1", exit code: 1'
    )


def test_a_stopped_training_keeps_the_model_that_it_has(shop: Workshop) -> None:
    script = """
import time
open("/opt/ml/model/checkpoint", "w").write("7")
print("saved", flush=True)
time.sleep(60)
"""
    create(shop, "stopped", script)
    log = shop.context.home / "jobs" / "training-job" / "stopped" / "output.log"
    wait_until(lambda: log.exists() and "saved" in log.read_text(), 20)
    shop.sm.stop_training_job(TrainingJobName="stopped")
    done = shop.ended_training("stopped")
    assert (done["TrainingJobStatus"], done["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert members(shop.get(done["ModelArtifacts"]["S3ModelArtifacts"])) == {"checkpoint": b"7"}
    with pytest.raises(ClientError, match="in status Stopped"):
        shop.sm.stop_training_job(TrainingJobName="stopped")


def test_the_built_in_algorithm_is_left_to_aws(shop: Workshop) -> None:
    create(shop, "built-in", "", {"sagemaker_program": ""})
    done = shop.ended_training("built-in")
    assert "built-in algorithm runs on AWS only" in done["FailureReason"]


def test_requirements_are_ignored_with_a_word(shop: Workshop) -> None:
    create(shop, "requires", "print('done')")
    shop.ended_training("requires")
    files = {"train.py": "print('done')", "requirements.txt": "nothing==1"}
    shop.put("requires-too/sourcedir.tar.gz", archive(dict(files)))
    parameters = {"sagemaker_submit_directory": f"s3://{BUCKET}/requires-too/sourcedir.tar.gz"}
    create(shop, "requires-2", "", parameters)
    shop.ended_training("requires-2")
    assert shop.log("TrainingJobs", "requires-2") == [
        "requirements.txt is ignored: the local cloud installs nothing for a job", "done",
    ]  # fmt: skip


def test_an_archive_that_leaves_its_folder_is_refused(shop: Workshop) -> None:
    code = shop.put("evil-code/sourcedir.tar.gz", archive({"../train.py": "x"}))
    create(shop, "evil", "", {"sagemaker_submit_directory": code})
    assert "cannot unpack" in shop.ended_training("evil")["FailureReason"]
