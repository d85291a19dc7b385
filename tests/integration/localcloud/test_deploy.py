"""A SAM template is deployed to the local cloud, unmodified, and everything in it works."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud import cloud as clouds
from localcloud.cloud import RunningCloud
from localcloud.deploy import DeployError, deploy
from tests.support.clouds import get_json, items
from tests.support.waiting import wait_until

APP = Path(__file__).parent / "sam_app"
TEMPLATE = APP / "template.yaml"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    with clouds.start(tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture(scope="module")
def stack(cloud: RunningCloud) -> dict[str, str]:
    return deploy(cloud, TEMPLATE, "hello", {"Greeting": "good day"})


def test_the_http_api_answers_at_the_root_of_its_own_port(
    cloud: RunningCloud, stack: dict[str, str]
) -> None:
    assert get_json(f"{cloud.api_url}/hello/ada") == {
        "greeting": "good day, ada",
        "url": "/hello/ada",
    }


def test_the_address_in_the_outputs_is_the_one_that_answers(
    cloud: RunningCloud, stack: dict[str, str]
) -> None:
    assert stack["ApiUrl"] == cloud.api_url


def test_an_event_on_the_bus_reaches_its_function(
    cloud: RunningCloud, stack: dict[str, str]
) -> None:
    entry = {
        "Source": "slipway.test",
        "DetailType": "Greeting",
        "Detail": json.dumps({"name": "bob"}),
    }
    cloud.client("events").put_events(Entries=[entry])
    wait_until(lambda: {"name": {"S": "bob"}} in items(cloud, stack["TableName"]))


def test_a_state_machine_from_a_definition_file_runs(
    cloud: RunningCloud, stack: dict[str, str]
) -> None:
    states = cloud.client("stepfunctions")
    started = states.start_execution(
        stateMachineArn=stack["MachineArn"], input=json.dumps({"name": "eve"})
    )
    done = wait_until(lambda: _ended(states.describe_execution, started["executionArn"]))
    assert done["status"] == "SUCCEEDED", (done.get("error"), done.get("cause"))
    assert json.loads(done["output"])["greeting"] == "good day, eve"


def test_a_resource_type_of_ours_is_made_with_the_tags_of_the_template(
    cloud: RunningCloud, stack: dict[str, str]
) -> None:
    tags = cloud.client("sagemaker").list_tags(ResourceArn=stack["GroupArn"])["Tags"]
    assert {"Key": "sagemaker:project-name", "Value": "test"} in tags


def test_a_function_may_do_only_what_its_role_allows(
    cloud: RunningCloud, stack: dict[str, str]
) -> None:
    policies = cloud.client("iam")
    role = cloud.client("lambda").get_function_configuration(FunctionName=stack["FunctionName"])
    name = role["Role"].rsplit("/", 1)[-1]
    [policy] = policies.list_role_policies(RoleName=name)["PolicyNames"]
    kept = policies.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
    denied = {"Version": "2012-10-17", "Statement": [{**kept["Statement"][0], "Effect": "Deny"}]}
    policies.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(denied))
    answer = cloud.client("lambda").invoke(
        FunctionName=stack["FunctionName"], Payload=json.dumps({"name": "mallory"})
    )
    policies.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(kept))
    assert b"AccessDenied" in answer["Payload"].read()


def test_deploying_again_changes_the_stack_in_place(
    cloud: RunningCloud, stack: dict[str, str]
) -> None:
    again = deploy(cloud, TEMPLATE, "hello", {"Greeting": "good night"})
    assert again == stack
    assert get_json(f"{cloud.api_url}/hello/ada")["greeting"] == "good night, ada"


def test_deploying_without_a_change_is_no_error(cloud: RunningCloud, tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text(
        "Resources:\n  Topic:\n    Type: AWS::SNS::Topic\nOutputs:\n  Arn:\n    Value: !Ref Topic\n"
    )
    assert deploy(cloud, template, "same", {}) == deploy(cloud, template, "same", {})


def test_a_resource_that_cannot_be_made_is_named_with_its_reason(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    template = tmp_path / "template.yaml"
    template.write_text(
        "Resources:\n  Group:\n    Type: AWS::SageMaker::ModelPackageGroup\n"
        "    Properties:\n      ModelPackageGroupName: not_allowed\n"
    )
    with pytest.raises(DeployError, match=r"broken is ROLLBACK_COMPLETE: Group \(AWS::Sage.*not_"):
        deploy(cloud, template, "broken", {})


def test_an_unknown_resource_type_is_refused_by_name(cloud: RunningCloud, tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text("Resources:\n  Thing:\n    Type: AWS::No::Thing\n")
    with pytest.raises(DeployError, match=r"template.yaml: .*Unrecognized.*AWS::No::Thing"):
        deploy(cloud, template, "unknown", {})


def _ended(describe: object, arn: str) -> dict[str, str] | None:
    found: dict[str, str] = describe(executionArn=arn)  # type: ignore[operator]
    return found if found["status"] != "RUNNING" else None
