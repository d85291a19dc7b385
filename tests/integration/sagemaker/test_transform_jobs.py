"""Batch transform: the model's own server, asked for every object of a prefix."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.context import Context
from tests.integration.sagemaker.conftest import archive
from tests.integration.sagemaker.workshop import BUCKET, IMAGE, Workshop
from tests.support.waiting import wait_until

Doc = dict[str, Any]
SCRIPT = """
import os
def model_fn(model_dir):
    return open(os.path.join(model_dir, "word.txt")).read()
def input_fn(body, content_type):
    return body.decode() if isinstance(body, bytes) else body
def predict_fn(data, model):
    if "bad" in data:
        raise ValueError("bad row")
    return "\\n".join(f"{model}{len(data.splitlines())}:{row}" for row in data.splitlines())
def output_fn(prediction, accept):
    return prediction, accept
"""


@pytest.fixture
def shop(cloud: Context) -> Workshop:
    return Workshop(cloud)


@pytest.fixture
def model(shop: Workshop) -> str:
    body = archive({"code/inference.py": SCRIPT, "word.txt": "n"})
    uri = shop.put("batch/model.tar.gz", body)
    settings = {
        "SAGEMAKER_PROGRAM": "inference.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
    }
    container = {"Image": IMAGE, "ModelDataUrl": uri, "Environment": settings}
    if not shop.sm.list_models(NameContains="batch")["Models"]:
        shop.sm.create_model(
            ModelName="batch", ExecutionRoleArn=shop.role, PrimaryContainer=container
        )
    return "batch"


def transformed(shop: Workshop, name: str, model: str, **more: Any) -> Doc:
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{name}/in/"}
    shop.sm.create_transform_job(
        TransformJobName=name,
        ModelName=model,
        TransformInput={
            "DataSource": {"S3DataSource": source},
            "ContentType": "text/csv",
            **more.pop("source", {}),
        },
        TransformOutput={"S3OutputPath": f"s3://{BUCKET}/{name}/out", **more.pop("target", {})},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
        **more,
    )

    def probe() -> Doc | None:
        doc: Doc = shop.sm.describe_transform_job(TransformJobName=name)
        return None if doc["TransformJobStatus"] in ("InProgress", "Stopping") else doc

    return wait_until(probe, 60)


def test_every_object_gets_its_answers_beside_its_name(shop: Workshop, model: str) -> None:
    shop.put("batch-all/in/a.csv", "1\n2\n")
    shop.put("batch-all/in/deep/b.csv", "3\n")
    done = transformed(shop, "batch-all", model)
    assert done["TransformJobStatus"] == "Completed", done.get("FailureReason")
    assert sorted(shop.keys("batch-all/out/")) == ["a.csv.out", "deep/b.csv.out"]
    assert shop.get(f"s3://{BUCKET}/batch-all/out/a.csv.out") == b"n2:1\nn2:2"


def test_single_records_are_asked_one_by_one_and_assembled_by_line(
    shop: Workshop, model: str
) -> None:
    shop.put("batch-one/in/a.csv", "1\n2\n")
    transformed(
        shop,
        "batch-one",
        model,
        source={"SplitType": "Line"},
        target={"AssembleWith": "Line", "Accept": "text/csv"},
        BatchStrategy="SingleRecord",
    )
    assert shop.get(f"s3://{BUCKET}/batch-one/out/a.csv.out") == b"n1:1\nn1:2\n"


def test_a_row_that_the_model_refuses_fails_the_job_and_writes_nothing(
    shop: Workshop, model: str
) -> None:
    shop.put("batch-bad/in/a.csv", "1\n")
    shop.put("batch-bad/in/b.csv", "bad\n")
    done = transformed(shop, "batch-bad", model)
    assert done["TransformJobStatus"] == "Failed"
    assert "See job logs for more information: b.csv: 500" in done["FailureReason"]
    assert shop.keys("batch-bad/out/") == []


def test_filters_are_left_to_aws_by_name(shop: Workshop, model: str) -> None:
    with pytest.raises(ClientError, match=r"DataProcessing.InputFilter: this runs on AWS only"):
        transformed(shop, "batch-filter", model, DataProcessing={"InputFilter": "$[1:]"})


def test_a_pipeline_makes_a_model_and_transforms_with_it(shop: Workshop) -> None:
    uri = shop.put("piped/model.tar.gz", archive({"code/inference.py": SCRIPT, "word.txt": "p"}))
    shop.put("piped/in/a.csv", "1\n2\n")
    settings = {
        "SAGEMAKER_PROGRAM": "inference.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
    }
    container = {"Image": IMAGE, "ModelDataUrl": uri, "Environment": settings}
    make = {"ExecutionRoleArn": shop.role, "PrimaryContainer": container}
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/piped/in/"}
    ask = {
        "ModelName": {"Get": "Steps.Make.ModelName"},
        "TransformInput": {"DataSource": {"S3DataSource": source}, "ContentType": "text/csv"},
        "TransformOutput": {"S3OutputPath": f"s3://{BUCKET}/piped/out"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }
    shop.pipeline(
        "piped",
        [
            {"Name": "Make", "Type": "Model", "Arguments": make},
            {"Name": "Ask", "Type": "Transform", "Arguments": ask},
        ],
    )
    run = shop.started("piped")
    assert shop.ended(run)["PipelineExecutionStatus"] == "Succeeded"

    steps = shop.steps(run)
    # ARNs are in lower case, names are not.
    (job,) = [
        one["TransformJobName"]
        for one in shop.sm.list_transform_jobs()["TransformJobSummaries"]
        if one["TransformJobArn"] == steps["Ask"]["Metadata"]["TransformJob"]["Arn"]
    ]
    model = shop.sm.describe_transform_job(TransformJobName=job)["ModelName"]
    described = shop.sm.describe_model(ModelName=model)
    assert described["ModelArn"] == steps["Make"]["Metadata"]["Model"]["Arn"]
    assert described["PrimaryContainer"]["ModelDataUrl"] == uri
    assert shop.get(f"s3://{BUCKET}/piped/out/a.csv.out") == b"p2:1\np2:2"
