"""Production behind a role: `cross_account.yaml` beside the stack, in the one account here.

What cannot be seen with one account, the halves of policies that let another one in, is compared
in tests/contract/test_another_account.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from localcloud.cloud import REPOSITORY
from localcloud.deploy import deploy
from tests.support.deployed import STACK, Run
from tests.support.harbour import Harbour

OTHER = "slipway-theirs"
STRAIGHT = {
    "endpoint": {"instances": {"type": "ml.m5.large", "count": 2}},
    "rollout": {"type": "canary", "canary_percent": 50, "bake_seconds": 0},
}


@pytest.fixture(name="behind_role")
def _behind_role(harbour: Harbour) -> Iterator[str]:
    """The role by which production is reached while a test runs; the stack is as before after."""
    cloud = harbour.loop.cloud
    cloudformation = cloud.client("cloudformation")
    (stack,) = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
    as_before = {p["ParameterKey"]: p["ParameterValue"] for p in stack["Parameters"]}
    told = {
        "DeployingAccountId": cloud.context.account,
        "DeployingStackName": STACK,
        "ArtifactBucketName": harbour.loop.outputs["ArtifactBucketName"],
    }
    theirs = deploy(cloud, REPOSITORY / "cross_account.yaml", OTHER, told)
    given = {name: theirs[name] for name in ("ProductionRoleArn", "ProductionModelRoleArn")}
    deploy(cloud, REPOSITORY / "template.yaml", STACK, {**as_before, **given})
    try:
        yield theirs["ProductionRoleArn"]
    finally:
        outputs = deploy(cloud, REPOSITORY / "template.yaml", STACK, as_before)
    sagemaker = harbour.loop.sagemaker
    with pytest.raises(sagemaker.exceptions.ClientError, match="Cannot find Model Package Group"):
        sagemaker.get_model_package_group_policy(
            ModelPackageGroupName=outputs["ModelPackageGroupName"]
        )


def _deployments(harbour: Harbour, release: Run) -> list[tuple[str, list[dict[str, Any]]]]:
    """Stage and calls of each deployment that a machine of production has made for a release."""
    states = harbour.loop.cloud.client("stepfunctions")
    machine = harbour.loop.outputs["DeployEndpointStateMachineArn"]
    machine = machine.replace("-deploy-endpoint", "-deploy-production")
    found = []
    for one in states.list_executions(stateMachineArn=machine)["executions"]:
        run = harbour.loop.run(one["executionArn"])
        if run.input["release_id"] == release.name:
            calls = [
                event["taskScheduledEventDetails"]
                for event in harbour.loop.history(run)
                if "taskScheduledEventDetails" in event
            ]
            found.append((run.input["stage"], calls))
    return found


def test_production_is_deployed_tested_and_cleaned_by_its_role_alone(
    harbour: Harbour, behind_role: str
) -> None:
    loop = harbour.loop
    version = harbour.register(harbour.settings(**STRAIGHT))

    release = harbour.released(version)

    assert release.status == "SUCCEEDED", release.cause
    assert loop.serves("production") == version
    assert list(loop.deployments(release)) == ["staging"]
    ((stage, calls),) = _deployments(harbour, release)
    assert stage == "production"
    by_aws = [c for c in calls if c["resourceType"].startswith("aws-sdk")]
    assert {c["resource"] for c in by_aws} == {
        "createModel", "createEndpointConfig", "putMetricAlarm", "updateEndpoint",
        "describeEndpoint",
    }  # fmt: skip
    assert {c["taskCredentials"]["roleArn"] for c in by_aws} == {behind_role}

    group = {"ModelPackageGroupName": loop.outputs["ModelPackageGroupName"]}
    opened = json.loads(loop.sagemaker.get_model_package_group_policy(**group)["ResourcePolicy"])
    assert [s["Principal"] for s in opened["Statement"]] == [{"AWS": behind_role}]

    # Without its rights nothing is done: neither machine nor functions fall back to their own.
    iam, name = loop.cloud.client("iam"), behind_role.rpartition("/")[2]
    held = iam.get_role_policy(RoleName=name, PolicyName="deploy")["PolicyDocument"]
    iam.delete_role_policy(RoleName=name, PolicyName="deploy")
    refused = harbour.released(harbour.register(harbour.settings(**STRAIGHT)))
    iam.put_role_policy(RoleName=name, PolicyName="deploy", PolicyDocument=json.dumps(held))

    assert refused.status == "FAILED"
    assert f"assumed-role/{name}/slipway is not authorized" in refused.cause
    assert loop.serves("production") == version
