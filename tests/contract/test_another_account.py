"""Production in another account: `template.yaml`, `cross_account.yaml`, code and machine agree."""

import copy
import re
from fnmatch import fnmatchcase
from typing import Any

import pytest

from adapters.settings import Reaching
from tests.contract.test_iam import FOR_AWS, action, sdk_needs
from tests.support import asl, calls, template

OURS, THEIRS = "123456789012", "210987654321"
CONDITION = "ProductionIsElsewhere"
ROLE = {"Ref": "ProductionRoleArn"}
PARAMETERS = {
    "DeployingAccountId": OURS,
    "DeployingStackName": template.PSEUDO["AWS::StackName"],
    "ArtifactBucketName": "artifacts",
    "AWS::AccountId": THEIRS,
}
OURS_MACHINE = asl.FOLDER / "deploy_endpoint.asl.yaml"
THEIRS_MACHINE = asl.FOLDER / "deploy_production.asl.yaml"
# Operations of an endpoint, of what belongs to it, and of what watches and scales it.
OF_ENDPOINTS = re.compile(r"endpoint|(create|delete|list)_models?$|invoke")
SERVICES_OF_ENDPOINTS = {"application-autoscaling", "cloudwatch", "sagemaker-runtime"}
# The monitor's figures are this stack's own, and lie where its alarm on them is.
FIGURES_OF_OURS = {("cloudwatch", "put_metric_data")}


def _other() -> dict[str, Any]:
    found: dict[str, Any] = template.read("cross_account.yaml")
    return found


def _role(name: str) -> dict[str, Any]:
    found: dict[str, Any] = template.filled(_other()["Resources"][name]["Properties"], **PARAMETERS)
    return found


def _statements(name: str) -> list[dict[str, Any]]:
    return [s for policy in _role(name)["Policies"] for s in policy["PolicyDocument"]["Statement"]]


def _allowed(name: str) -> set[str]:
    return {one for statement in _statements(name) for one in statement["Action"]}


def _reaching() -> set[str]:
    """The functions that can call AWS under a role."""
    return {
        name
        for name in template.functions()
        if calls.of_handler(template.folder(name)).under_role
        and "PRODUCTION_ROLE_ARN" in template.own(template.functions()[name])
    }


def _sdk_tasks() -> list[asl.State]:
    return [s for s in asl.states(THEIRS_MACHINE) if s.is_task and asl.sdk_call(s.resource)]


def test_every_call_about_an_endpoint_can_be_made_under_a_role() -> None:
    for name in template.functions():
        reached = calls.of_handler(template.folder(name))
        about = {
            (service, operation)
            for service, operation in reached.calls
            if service in SERVICES_OF_ENDPOINTS
            or (service == "sagemaker" and OF_ENDPOINTS.search(operation))
        }
        assert about - FIGURES_OF_OURS == reached.under_role, name


def test_every_function_that_reaches_production_is_told_the_role_and_may_assume_it() -> None:
    under_role = {
        name for name in template.functions() if calls.of_handler(template.folder(name)).under_role
    }
    policy = template.resources("AWS::IAM::Policy")["ReachesProduction"]
    may = {role["Ref"].removesuffix("Role") for role in policy["Properties"]["Roles"]}

    # Staging is torn down where the function is, and a build looks at production if it is there.
    here = {"EndReleaseFunction", "FetchSourceFunction", "TearDownStagingFunction"}
    assert under_role - _reaching() == here
    assert may == _reaching()
    assert template.statements([policy["Properties"]["PolicyDocument"]]) == [
        {"Effect": "Allow", "Action": ["sts:AssumeRole"], "Resource": ROLE}
    ]


def test_the_machine_of_production_differs_from_the_other_in_its_credentials_alone() -> None:
    """`make machines` writes it."""
    wanted = copy.deepcopy(asl.definition(OURS_MACHINE))

    def add(group: dict[str, Any]) -> None:
        for body in group["States"].values():
            if asl.sdk_call(body.get("Resource", "")):
                body["Credentials"] = {"RoleArn": "${ProductionRoleArn}"}
            if "ItemProcessor" in body:
                add(body["ItemProcessor"])

    add(wanted)

    assert asl.definition(THEIRS_MACHINE) == wanted
    assert len(_sdk_tasks()) == 10


def test_production_is_deployed_by_that_machine_and_staging_by_the_other() -> None:
    (to_production,) = [s for s in asl.all_states() if s.name == "Deploy To Production"]
    (to_staging,) = [s for s in asl.all_states() if s.name == "Deploy To Staging"]
    given = template.state_machines()["ReleaseStateMachine"]["DefinitionSubstitutions"]

    assert to_production.body["Arguments"]["StateMachineArn"] == "${DeployToProductionArn}"
    assert to_staging.body["Arguments"]["StateMachineArn"] == "${DeployEndpointStateMachineArn}"
    assert given["DeployToProductionArn"] == {
        "Fn::If": [CONDITION, {"Ref": "ProductionStateMachine"},
                   {"Ref": "DeployEndpointStateMachine"}]
    }  # fmt: skip


def test_the_role_may_do_everything_that_is_done_under_it_and_nothing_else() -> None:
    wanted = {need for state in _sdk_tasks() for need in sdk_needs(state)}
    for name in _reaching():
        for service, operation in calls.of_handler(template.folder(name)).under_role:
            wanted.add(action(service, calls.operation_name(service, operation)))
    wanted |= {extra for one in wanted for extra in FOR_AWS.get(one, ())}
    # CreateModel reads the version it is given; UpdateEndpoint the alarms.
    wanted |= {"sagemaker:DescribeModelPackage", "cloudwatch:DescribeAlarms"}

    assert _allowed("ProductionRole") == wanted


def test_the_role_may_change_the_endpoint_of_production_alone() -> None:
    named = [
        (one, resource)
        for statement in _statements("ProductionRole")
        if statement["Resource"] != "*"
        for one in statement["Action"]
        if one.startswith("sagemaker:") and one != "sagemaker:DescribeModelPackage"
        for resource in statement["Resource"]
        if isinstance(statement["Resource"], list)
    ]

    assert named
    for _, resource in named:
        kind, _, name = resource.rpartition(":")[2].partition("/")
        assert f":{THEIRS}:" in resource
        assert name == "slipway-production" + ("" if kind == "endpoint" else "-*")


def _who() -> dict[str, list[str]]:
    found = {}
    for statement in _role("ProductionRole")["AssumeRolePolicyDocument"]["Statement"]:
        assert statement["Principal"] == {"AWS": f"arn:aws:iam::{OURS}:root"}
        named = statement["Condition"]["ArnLike"]["aws:PrincipalArn"]
        found[statement["Sid"]] = [named] if isinstance(named, str) else named
    return found


def test_the_role_trusts_those_who_may_assume_it_and_nobody_else() -> None:
    trusted = _who()
    made = [f"arn:aws:iam::{OURS}:role/slipway-{name}Role-ABCDEF123456" for name in _reaching()]

    assert len(trusted["Functions"]) == len(made)
    for role in made:
        assert [p for p in trusted["Functions"] if fnmatchcase(role, p)], role
    (machine,) = trusted["StateMachine"]
    assert fnmatchcase(
        f"arn:aws:iam::{OURS}:role/slipway-ProductionStateMachineRole-ABCDEF123456", machine
    )


def test_the_machine_is_trusted_by_its_own_arn() -> None:
    (statement,) = [
        s for s in _role("ProductionRole")["AssumeRolePolicyDocument"]["Statement"]
        if s["Sid"] == "StateMachine"
    ]  # fmt: skip
    name = template.filled(template.state_machines()["ProductionStateMachine"]["Name"])
    arn = f"arn:aws:states:us-east-1:{OURS}:stateMachine:{name}"

    assert statement["Condition"]["StringEquals"] == {"sts:ExternalId": arn}


def test_no_trusted_role_has_a_name_that_cloudformation_cuts() -> None:
    """`<stack>-<logical id>-<13 characters>` in the 64 of IAM."""
    longest = max(len(f"{name}Role") for name in (*_reaching(), "ProductionStateMachine"))

    assert _other()["Parameters"]["DeployingStackName"]["MaxLength"] + longest + 15 <= 64


def test_the_models_of_the_other_account_may_do_what_ours_may() -> None:
    def plain(statements: list[dict[str, Any]]) -> list[tuple[Any, Any]]:
        return [(s["Action"], s.get("Condition")) for s in statements]

    ours = template.resources("AWS::IAM::Role")["ModelRole"]["Properties"]
    (policy,) = ours["Policies"]

    assert plain(_statements("ModelRole")) == plain(policy["PolicyDocument"]["Statement"])
    trust = ours["AssumeRolePolicyDocument"]
    assert _role("ModelRole")["AssumeRolePolicyDocument"] == trust


def test_the_bucket_lets_the_models_do_with_it_what_their_role_may() -> None:
    policy = template.resources()["ArtifactBucketPolicy"]["Properties"]["PolicyDocument"]
    opened = [s["Fn::If"] for s in policy["Statement"] if "Fn::If" in s]
    assert {condition for condition, _, __ in opened} == {CONDITION}
    given = set()
    for _, statement, nothing in opened:
        assert statement["Principal"] == {"AWS": {"Ref": "ProductionModelRoleArn"}}
        assert nothing == {"Ref": "AWS::NoValue"}
        actions = statement["Action"]
        given |= set(actions) if isinstance(actions, list) else {actions}

    assert given == {one for one in _allowed("ModelRole") if one.startswith("s3:")}


def test_the_versions_may_be_read_and_used_and_not_changed() -> None:
    group = template.resources()["ModelPackageGroup"]["Properties"]["ModelPackageGroupPolicy"]
    condition, policy, nothing = group["Fn::If"]
    (statement,) = policy["Statement"]
    theirs = [s for s in _statements("ProductionRole") if "model-package/" in str(s["Resource"])]

    assert condition == CONDITION
    assert nothing == {"Ref": "AWS::NoValue"}
    assert statement["Principal"] == {"AWS": ROLE}
    assert statement["Action"] == ["sagemaker:DescribeModelPackage", "sagemaker:CreateModel"]
    assert [(s["Action"], s["Resource"]) for s in theirs] == [
        (statement["Action"], template.filled(statement["Resource"]))
    ]


def test_the_events_that_are_handed_over_are_those_that_a_deployment_waits_for() -> None:
    pattern = _role("EndpointChanged")["EventPattern"]
    event = template.functions()["ResumeEndpointFunction"]["Events"]["EndpointChanged"]
    waited = template.filled(event["Properties"]["Pattern"])
    (prefix,) = waited["detail"]["EndpointName"]
    (name,) = pattern["detail"]["EndpointName"]

    assert name.startswith(prefix["prefix"])
    for key in ("source", "detail-type"):
        assert pattern[key] == waited[key]
    assert pattern["detail"]["EndpointStatus"] == waited["detail"]["EndpointStatus"]


def test_no_rule_hands_events_to_the_bus_that_it_watches() -> None:
    """The role in our own account is allowed, and then there is one bus."""
    for name in ("EndpointChanged", "EventsRole"):
        assert _other()["Resources"][name]["Condition"] == "IsElsewhere"
    assert _other()["Conditions"]["IsElsewhere"] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": "DeployingAccountId"}, {"Ref": "AWS::AccountId"}]}]
    }


def test_our_bus_takes_those_events_from_that_account_and_no_others() -> None:
    given = template.resources()["ProductionEvents"]["Properties"]["Statement"]
    allowed = template.filled(given)
    (target,) = _role("EndpointChanged")["Targets"]
    pattern = _role("EndpointChanged")["EventPattern"]
    (handed,) = _statements("EventsRole")

    assert target["Arn"] == allowed["Resource"] == handed["Resource"]
    assert handed["Action"] == [allowed["Action"]] == ["events:PutEvents"]
    assert allowed["Condition"] == {
        "ForAllValues:StringEquals": {"events:source": pattern["source"][0]},
        "StringEquals": {"events:detail-type": pattern["detail-type"][0]},
    }
    assert given["Principal"]["AWS"]["Fn::Sub"][1] == {
        "Account": {"Fn::Select": [4, {"Fn::Split": [":", ROLE]}]}
    }


def test_what_one_template_puts_out_the_other_takes() -> None:
    parameters = template.template()["Parameters"]

    for name in ("ProductionRoleArn", "ProductionModelRoleArn"):
        assert name in _other()["Outputs"]
        assert parameters[name]["Default"] == ""
    assert {"ArtifactBucketName"} <= set(template.template()["Outputs"])
    assert template.filled(
        _other()["Outputs"]["ProductionEndpointName"]["Value"], **PARAMETERS
    ) == (template.filled(template.template()["Outputs"]["ProductionEndpointName"]["Value"]))


@pytest.mark.parametrize(
    "name", ["ProductionStateMachine", "ReachesProduction", "ProductionEvents"]
)
def test_with_production_here_nothing_of_it_is_made(name: str) -> None:
    assert template.resources()[name]["Condition"] == CONDITION
    assert template.template()["Conditions"][CONDITION] == {"Fn::Not": [{"Fn::Equals": [ROLE, ""]}]}


def test_with_production_here_its_models_serve_with_the_role_of_all() -> None:
    variables = template.environment(template.functions()["PlanDeploymentFunction"])

    assert variables["PRODUCTION_MODEL_ROLE_ARN"] == variables["MODEL_ROLE_ARN"]
    assert variables["PRODUCTION_ROLE_ARN"] == ""
    here = Reaching(variables["PRODUCTION_ENDPOINT_NAME"], variables["PRODUCTION_ROLE_ARN"])
    assert here.role_at("slipway-production") == here.role_at("slipway-staging") == ""


@pytest.mark.parametrize("name", ["ProductionRole", "ModelRole", "EventsRole"])
def test_the_roles_of_the_other_account_have_the_tags_of_the_project(name: str) -> None:
    tags = {tag["Key"] for tag in _role(name)["Tags"]}

    assert tags == {"sagemaker:project-name", "sagemaker:project-id"}
