"""Deploys the SAM template to a local cloud through CloudFormation, as it is deployed to AWS."""

from __future__ import annotations

import shlex
import time
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError

from localcloud.cloud import RunningCloud
from localcloud.package import PackageError, package

PACKAGES_BUCKET = "slipway-packages"
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
_DEPLOY_SECONDS = 120


class DeployError(Exception):
    """The template was not deployed; one line that names the resource and its reason."""


@dataclass(frozen=True)
class Settings:
    """What samconfig.toml says for an environment: the stack's name and its parameters."""

    stack_name: str
    parameters: Mapping[str, str]


def settings(samconfig: Path, environment: str = "local") -> Settings:
    """Read the `deploy` settings of `environment`, the same that `sam deploy` reads.

    Raises DeployError when the file has no such environment.
    """
    sections = tomllib.loads(samconfig.read_text())
    try:
        common = sections[environment].get("global", {}).get("parameters", {})
        own = {**common, **sections[environment]["deploy"]["parameters"]}
        stack_name = own["stack_name"]
    except KeyError as missing:
        raise DeployError(f"{samconfig.name} has no {missing} for {environment}") from None
    return Settings(stack_name, _pairs(own.get("parameter_overrides", [])))


def deploy(
    cloud: RunningCloud, template: Path, stack_name: str, parameters: Mapping[str, str]
) -> dict[str, str]:
    """Create or update the stack from `template` and return its outputs.

    Raises DeployError with the first resource that failed and why.
    """
    cloudformation = cloud.client("cloudformation")
    _make_bucket(cloud)
    try:
        text = package(template, cloud.client("s3"), PACKAGES_BUCKET)
        request = {
            "StackName": stack_name,
            "TemplateURL": _upload_template(cloud, text),
            "Capabilities": _CAPABILITIES,
            "Parameters": [
                {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
            ],
        }
        if not _create_or_update(cloudformation, request):
            return outputs(cloudformation, stack_name)
    except (ClientError, ParamValidationError, PackageError) as error:
        raise DeployError(f"{template.name}: {_message(error)}") from error
    _wait(cloudformation, stack_name)
    return outputs(cloudformation, stack_name)


def outputs(cloudformation: Any, stack_name: str) -> dict[str, str]:
    """Return the stack's outputs by name."""
    stack = cloudformation.describe_stacks(StackName=stack_name)["Stacks"][0]
    return {out["OutputKey"]: out["OutputValue"] for out in stack.get("Outputs", [])}


def _pairs(overrides: str | list[str]) -> dict[str, str]:
    """samconfig allows one string `A=1 B="2 3"` as well as a list of `A=1`."""
    words = shlex.split(overrides) if isinstance(overrides, str) else overrides
    return {key: value for key, _, value in (word.partition("=") for word in words)}


def _make_bucket(cloud: RunningCloud) -> None:
    place = {"LocationConstraint": cloud.context.region}
    extra = {} if cloud.context.region == "us-east-1" else {"CreateBucketConfiguration": place}
    s3 = cloud.client("s3")
    if PACKAGES_BUCKET not in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}:
        s3.create_bucket(Bucket=PACKAGES_BUCKET, **extra)


def _upload_template(cloud: RunningCloud, text: str) -> str:
    cloud.client("s3").put_object(Bucket=PACKAGES_BUCKET, Key="template.yaml", Body=text.encode())
    return f"{cloud.endpoint_url}/{PACKAGES_BUCKET}/template.yaml"


def _create_or_update(cloudformation: Any, request: dict[str, Any]) -> bool:
    """Return whether there is anything to wait for."""
    if not _exists(cloudformation, request["StackName"]):
        cloudformation.create_stack(**request)
        return True
    try:
        cloudformation.update_stack(**request)
    except ClientError as error:
        if "No updates are to be performed" in _message(error):
            return False
        raise
    return True


def _exists(cloudformation: Any, stack_name: str) -> bool:
    try:
        cloudformation.describe_stacks(StackName=stack_name)
    except ClientError as error:
        if "does not exist" in _message(error):
            return False
        raise
    return True


def _wait(cloudformation: Any, stack_name: str) -> None:
    deadline = time.monotonic() + _DEPLOY_SECONDS
    while time.monotonic() < deadline:
        stack = cloudformation.describe_stacks(StackName=stack_name)["Stacks"][0]
        status = stack["StackStatus"]
        if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            return
        if not status.endswith("_IN_PROGRESS"):
            raise DeployError(f"{stack_name} is {status}: {_first_failure(cloudformation, stack)}")
        time.sleep(0.1)
    raise DeployError(f"{stack_name} is still {status} after {_DEPLOY_SECONDS} s")


def _first_failure(cloudformation: Any, stack: Mapping[str, Any]) -> str:
    """Return the resource that failed first, and its reason; the others failed because of it."""
    pages = cloudformation.get_paginator("describe_stack_events").paginate(
        StackName=stack["StackId"]
    )
    events = [event for page in pages for event in page["StackEvents"]]
    for event in reversed(events):
        reason = event.get("ResourceStatusReason", "")
        if event["ResourceStatus"].endswith("_FAILED") and "cancelled" not in reason.lower():
            return f"{event['LogicalResourceId']} ({event['ResourceType']}): {reason}"
    return str(stack.get("StackStatusReason", "no reason given"))


def _message(error: Exception) -> str:
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Message", error))
    return " ".join(str(error).split())
