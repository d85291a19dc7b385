"""Models and endpoint configurations."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.sagemaker.api import ApiError
from localcloud.sagemaker.models import find_model
from tests.unit.localcloud.sagemaker.conftest import IMAGE, Desk

ROLE = "arn:aws:iam::000000000000:role/execution"


def create(desk: Desk, name: str = "model", **container: Any) -> None:
    desk.call("CreateModel", ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container)


def instances(**more: Any) -> dict[str, Any]:
    given = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1, **more}
    return {"VariantName": "AllTraffic", "ModelName": "model", **given}


def test_a_model_of_an_approved_version_runs_what_the_registry_holds(desk: Desk) -> None:
    desk.group()
    arn = desk.version(ModelApprovalStatus="Approved")
    create(desk, ModelPackageName=arn, Environment={"EXTRA": "1"})
    assert find_model(desk.svc, "model")["resolved"] == [
        {
            "Image": IMAGE,
            "ModelDataUrl": "s3://models/model.tar.gz",
            "Environment": {"SAGEMAKER_PROGRAM": "inference.py", "EXTRA": "1"},
        }
    ]
    described = desk.call("DescribeModel", ModelName="model")
    assert described["PrimaryContainer"]["ModelPackageName"] == arn
    assert "resolved" not in described


@pytest.mark.parametrize("status", ["PendingManualApproval", "Rejected"])
def test_a_version_that_is_not_approved_cannot_become_a_model(desk: Desk, status: str) -> None:
    desk.group()
    arn = desk.version(ModelApprovalStatus=status)
    with pytest.raises(ApiError, match=f"ModelApprovalStatus is {status}"):
        create(desk, ModelPackageName=arn)


def test_a_model_is_made_once_and_only_of_an_artifact_that_exists(desk: Desk) -> None:
    desk.s3.etags["models", "a.tar.gz"] = "e"
    create(desk, Image=IMAGE, ModelDataUrl="s3://models/a.tar.gz")
    with pytest.raises(ApiError, match="Cannot create already existing model"):
        create(desk, Image=IMAGE, ModelDataUrl="s3://models/a.tar.gz")
    with pytest.raises(ApiError, match="Could not find model data"):
        create(desk, "other", Image=IMAGE, ModelDataUrl="s3://models/b.tar.gz")


def test_a_deleted_model_is_not_found_in_sagemakers_words(desk: Desk) -> None:
    create(desk, Image=IMAGE)
    desk.call("DeleteModel", ModelName="model")
    with pytest.raises(ApiError) as caught:
        desk.call("DescribeModel", ModelName="model")
    assert caught.value.message == (
        'Could not find model "arn:aws:sagemaker:us-east-1:000000000000:model/model".'
    )


def test_a_configuration_returns_what_it_was_given(desk: Desk) -> None:
    create(desk, Image=IMAGE)
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 50,
        "DestinationS3Uri": "s3://models/capture",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }
    desk.call(
        "CreateEndpointConfig",
        EndpointConfigName="config",
        ProductionVariants=[instances()],
        DataCaptureConfig=capture,
    )
    described = desk.call("DescribeEndpointConfig", EndpointConfigName="config")
    assert described["DataCaptureConfig"] == capture
    assert described["ProductionVariants"] == [{**instances(), "InitialVariantWeight": 1.0}]


@pytest.mark.parametrize(
    ("variant", "words"),
    [
        (instances(ModelName="nobody"), "Could not find model"),
        (instances(ServerlessConfig={"MemorySizeInMB": 2048, "MaxConcurrency": 1}), "only one of"),
        ({"VariantName": "v", "ModelName": "model"}, "needs InstanceType"),
        (instances(InstanceType="ml.huge"), "enum value set"),
    ],
)
def test_a_configuration_that_cannot_run_is_refused(
    desk: Desk, variant: dict[str, Any], words: str
) -> None:
    create(desk, Image=IMAGE)
    with pytest.raises(ApiError, match=words):
        desk.call("CreateEndpointConfig", EndpointConfigName="config", ProductionVariants=[variant])
