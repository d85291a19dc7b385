"""A condition on the namespace decides who may put which metrics."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.integration.repairs.base_process import BaseProcess

POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "cloudwatch:PutMetricData",
            "Resource": "*",
            "Condition": {"StringEquals": {"cloudwatch:namespace": "Slipway"}},
        }
    ],
}


def _cloudwatch(base: BaseProcess) -> Any:
    """CloudWatch as somebody sees it who may put metrics of one namespace."""
    iam = base.client("iam")
    iam.create_user(UserName="meter")
    iam.put_user_policy(UserName="meter", PolicyName="it", PolicyDocument=json.dumps(POLICY))
    key = iam.create_access_key(UserName="meter")["AccessKey"]
    return boto3.client(
        "cloudwatch",
        endpoint_url=base.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )


def _put(cloudwatch: Any, namespace: str, count: int = 1) -> None:
    data = [{"MetricName": f"a long name of a metric {at}", "Value": 1.0} for at in range(count)]
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=data)


def test_metrics_of_the_namespace_may_be_put_and_no_others(repaired: BaseProcess) -> None:
    cloudwatch = _cloudwatch(repaired)

    _put(cloudwatch, "Slipway")
    _put(cloudwatch, "Slipway", count=500)  # so many that botocore compresses the request
    with pytest.raises(ClientError, match=r"cloudwatch:PutMetricData") as refusal:
        _put(cloudwatch, "AWS/SageMaker")
    assert refusal.value.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException")


def test_without_the_repair_the_condition_never_holds(
    base_without: Callable[..., BaseProcess],
) -> None:
    cloudwatch = _cloudwatch(base_without("metric_namespace"))

    with pytest.raises(ClientError, match=r"cloudwatch:PutMetricData"):
        _put(cloudwatch, "Slipway")
