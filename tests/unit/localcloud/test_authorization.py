"""IAM is told the resource that SageMaker's own table of actions names."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.authorization import default_resource

HERE = ("us-east-1", "000000000000")
ARN = "arn:aws:sagemaker:us-east-1:000000000000"
EXECUTION = f"{ARN}:pipeline/churn/execution/abc"


@pytest.mark.parametrize(
    ("operation", "request_", "resource"),
    [
        ("CreateModel", {"ModelName": "Churn-1"}, f"{ARN}:model/churn-1"),
        (
            "CreateEndpoint",
            {"EndpointName": "prod", "EndpointConfigName": "c"},
            f"{ARN}:endpoint/prod",
        ),
        ("CreateEndpointConfig", {"EndpointConfigName": "c"}, f"{ARN}:endpoint-config/c"),
        (
            "UpdateModelPackage",
            {"ModelPackageArn": f"{ARN}:model-package/churn/3"},
            f"{ARN}:model-package/churn/3",
        ),
        (
            "DescribeModelPackage",
            {"ModelPackageName": f"{ARN}:model-package/churn/3"},
            f"{ARN}:model-package/churn/3",
        ),
        (
            "CreateModelPackage",
            {"ModelPackageGroupName": "churn"},
            f"{ARN}:model-package-group/churn",
        ),
        ("StartPipelineExecution", {"PipelineName": "churn"}, f"{ARN}:pipeline/churn"),
        ("DescribePipelineExecution", {"PipelineExecutionArn": EXECUTION}, EXECUTION),
        ("ListPipelineExecutionSteps", {"PipelineExecutionArn": EXECUTION}, EXECUTION),
        ("AddTags", {"ResourceArn": f"{ARN}:model/m", "Tags": []}, f"{ARN}:model/m"),
        ("ListModelPackages", {"ModelPackageGroupName": "churn"}, "*"),
        ("ListEndpoints", {}, "*"),
        ("CreateModel", {"ModelName": 7}, "*"),
        ("", {"Path": "/endpoints/Prod/invocations"}, f"{ARN}:endpoint/prod"),
        ("", {"Path": "/elsewhere"}, "*"),
    ],
)
def test_a_request_is_checked_on_what_it_acts_on(
    operation: str, request_: dict[str, Any], resource: str
) -> None:
    assert default_resource("sagemaker")(operation, request_, *HERE) == resource


def test_codecommit_is_checked_on_the_repository() -> None:
    named = default_resource("codecommit")("GetFile", {"repositoryName": "models"}, *HERE)
    assert named == "arn:aws:codecommit:us-east-1:000000000000:models"


def test_other_services_are_checked_on_everything() -> None:
    assert default_resource("application-autoscaling")("PutScalingPolicy", {}, *HERE) == "*"
