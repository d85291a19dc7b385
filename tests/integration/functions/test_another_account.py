"""Production in another account: its calls are signed by its role's credentials, no others are."""

import importlib
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from clean_endpoint.cleaning import Settings, clean
from moto import mock_aws

from adapters import alarms, aws, endpoints, executions, scaling
from tests.support import template
from tests.support.product import NOW, PRODUCTION, STAGING, TABLE, World, arn_of

ROLE = "arn:aws:iam::210987654321:role/slipway-production"


class Sts:
    """STS that gives one key after another, each for `lasts`, or refuses."""

    def __init__(self, lasts: timedelta = timedelta(hours=1), refuses: bool = False) -> None:
        self.lasts = lasts
        self.refuses = refuses
        self.asked: list[dict[str, str]] = []

    def assume_role(self, **request: str) -> dict[str, Any]:
        """The answer of AssumeRole."""
        if self.refuses:
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "AssumeRole")
        self.asked.append(request)
        key = f"ASIAPRODUCTION{len(self.asked):06d}"
        return {
            "Credentials": {
                "AccessKeyId": key, "SecretAccessKey": "s", "SessionToken": "t",
                "Expiration": datetime.now(UTC) + self.lasts,
            }
        }  # fmt: skip


@pytest.fixture(name="fresh")
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No client of another test, and moto's keys as those of our own account."""
    made, session = aws.client, aws._session
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        made.cache_clear()
        session.cache_clear()
        yield
        made.cache_clear()
        session.cache_clear()


def _keys(client: Any) -> list[str]:
    """The access keys that the requests of a client are signed by, as they are sent."""
    seen: list[str] = []

    def look(request: Any, **_: Any) -> None:
        signed = request.headers["Authorization"]
        signed = signed.decode() if isinstance(signed, bytes) else signed
        seen.append(signed.partition("Credential=")[2].partition("/")[0])

    client.meta.events.register_first("before-send", look)
    return seen


def _with(monkeypatch: pytest.MonkeyPatch, sts: Sts) -> Any:
    """The product's clients, with this STS; the client under the role."""
    made = aws.client
    monkeypatch.setattr(
        aws, "client", lambda name, role="": sts if name == "sts" else made(name, role)
    )
    return made("sagemaker", ROLE)


def test_a_client_under_a_role_signs_by_its_credentials_and_the_other_by_ours(
    fresh: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    sts = Sts()
    theirs, ours = _with(monkeypatch, sts), aws.client("sagemaker")
    keys, own = _keys(theirs), _keys(ours)

    for client in (theirs, ours, theirs):
        client.list_endpoints()

    assert keys == ["ASIAPRODUCTION000001"] * 2
    assert own == ["FOOBARKEY"]
    assert sts.asked == [{"RoleArn": ROLE, "RoleSessionName": "slipway"}]


def test_a_role_is_not_assumed_before_a_call_needs_it(
    fresh: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    sts = Sts()
    _with(monkeypatch, sts)

    assert sts.asked == []


def test_credentials_that_end_are_fetched_again(
    fresh: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = _with(monkeypatch, Sts(lasts=timedelta(minutes=1)))
    keys = _keys(theirs)

    theirs.list_endpoints()
    theirs.list_endpoints()

    assert keys[-1] > keys[0]


def test_a_role_that_cannot_be_assumed_ends_in_no_call_as_ourselves(
    fresh: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = _with(monkeypatch, Sts(refuses=True))
    keys = _keys(theirs)

    with pytest.raises(ClientError, match="AccessDenied"):
        theirs.list_endpoints()

    assert keys == []


@pytest.fixture(name="roles")
def _roles(world: World, monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, str]]:
    """Under which role which service is called; moto has but one account."""
    found: set[tuple[str, str]] = set()
    made = aws.client

    def client(service: str, role: str = "") -> Any:
        found.add((service, role))
        return made(service)

    monkeypatch.setattr(aws, "client", client)
    return found


def _handler(function: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function's handler with the template's variables, and production elsewhere."""
    variables = template.environment(template.functions()[function])
    for name, value in {**variables, "PRODUCTION_ROLE_ARN": ROLE, "LEDGER_TABLE": TABLE}.items():
        monkeypatch.setenv(name, value)
    module = f"{template.folder(function)}.handler"
    monkeypatch.delitem(sys.modules, module, raising=False)
    return importlib.import_module(module).handler.__wrapped__


@pytest.mark.parametrize(("endpoint", "role"), [(PRODUCTION, ROLE), (STAGING, "")])
def test_cleaning_reaches_each_endpoint_in_its_account_and_the_ledger_in_ours(
    roles: set[tuple[str, str]], endpoint: str, role: str
) -> None:
    plan = {
        "endpoint_name": endpoint, "endpoint_config_name": f"{endpoint}-v7-a1", "exists": True,
        "model_name": f"{endpoint}-v7-a1", "model_package_arn": arn_of(7), "release_id": "r",
        "stage": "any", "not_good": "", "alarms": [{"AlarmName": f"{endpoint}-v7-a1-5xx"}],
        "endpoint_config": {"ProductionVariants": [{"InitialInstanceCount": 1}]},
    }  # fmt: skip
    settings = Settings(
        production_endpoint_name=PRODUCTION, production_role_arn=ROLE, ledger_table=TABLE,
        project_name="churn",
    )  # fmt: skip

    clean(plan, True, settings, NOW)

    assert roles == {("sagemaker", role), ("cloudwatch", role), ("dynamodb", "")}


@pytest.mark.parametrize(("endpoint", "role"), [(PRODUCTION, ROLE), (STAGING, "")])
def test_whoever_waits_looks_at_each_endpoint_in_its_account(
    roles: set[tuple[str, str]], monkeypatch: pytest.MonkeyPatch, endpoint: str, role: str
) -> None:
    resumed: list[str] = []
    monkeypatch.setattr(executions, "resume", lambda token, _: resumed.append(token) or True)
    event = {"endpoint_name": endpoint, "task_token": "token"}

    _handler("AwaitEndpointFunction", monkeypatch)(event, None)

    assert resumed == ["token"]
    assert roles == {("sagemaker", role), ("dynamodb", "")}


@pytest.mark.parametrize(("endpoint", "role"), [(PRODUCTION, ROLE), (STAGING, "")])
def test_the_event_of_another_account_is_answered_by_a_look_into_it(
    roles: set[tuple[str, str]], monkeypatch: pytest.MonkeyPatch, endpoint: str, role: str
) -> None:
    looked: list[tuple[str, str]] = []
    monkeypatch.setattr(endpoints, "look", lambda *asked: looked.append(asked))
    monkeypatch.setattr(executions, "resume", lambda _, __: True)
    _handler("AwaitEndpointFunction", monkeypatch)(
        {"endpoint_name": endpoint, "task_token": "token"}, None
    )
    event = {
        "account": "210987654321",
        "detail-type": "SageMaker Endpoint State Change",
        "detail": {"EndpointName": endpoint, "EndpointStatus": "IN_SERVICE"},
    }

    answer = _handler("ResumeEndpointFunction", monkeypatch)(event, None)

    assert answer == {"resumed": True}
    assert looked == [(endpoint, role)] * 2


@pytest.mark.parametrize(("endpoint", "role"), [(PRODUCTION, ROLE), (STAGING, "")])
def test_scaling_is_set_in_the_account_of_the_endpoint(
    monkeypatch: pytest.MonkeyPatch, endpoint: str, role: str
) -> None:
    found: list[Any] = []
    monkeypatch.setattr(scaling, "set_target", lambda *asked: found.append(asked))
    monkeypatch.setattr(endpoints, "set_count", lambda *asked: found.append(asked))

    def look(name: str, under: str) -> endpoints.Live:
        found.append((name, under))
        return endpoints.Live("InService", "config", 3)

    monkeypatch.setattr(endpoints, "look", look)
    event = {"endpoint_name": endpoint, "stage": "any", "autoscaling": None, "count": 1}

    answer = _handler("SetScalingFunction", monkeypatch)(event, None)

    assert answer == {"settled": False}
    assert found == [(endpoint, role, None), (endpoint, role), (endpoint, 1, role)]


@pytest.mark.parametrize(("endpoint", "role"), [(PRODUCTION, ROLE), (STAGING, "")])
def test_a_rollback_is_explained_by_the_alarms_of_the_endpoints_account(
    world: World, monkeypatch: pytest.MonkeyPatch, endpoint: str, role: str
) -> None:
    asked: list[str] = []

    def fired_of(_names: list[str], under: str, _now: datetime) -> list[Any]:
        asked.append(under)
        return []

    monkeypatch.setattr(alarms, "fired_of", fired_of)
    monkeypatch.setenv("ARTIFACT_BUCKET", "artifacts")
    plan = {
        "endpoint_name": endpoint, "endpoint_config_name": "c", "release_id": "r", "alarms": [],
        "model_package_arn": arn_of(7), "stage": "any",
    }  # fmt: skip
    explaining = importlib.import_module("explain_rollback.explaining")
    settings = explaining.Settings(
        production_endpoint_name=PRODUCTION, production_role_arn=ROLE,
        artifact_bucket="artifacts", ledger_table=TABLE, project_name="churn",
    )  # fmt: skip

    explaining.explain(plan, {"config": "old", "reason": ""}, settings, NOW)

    assert asked == [role]
