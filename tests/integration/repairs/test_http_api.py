"""An HTTP API that a template describes by an OpenAPI Body, called as a browser would."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.integration.repairs.base_process import BaseProcess
from tests.support.issuer import AUDIENCE, Issuer, issuer
from tests.support.waiting import wait_until

CODE = """
import json
def handler(event, context):
    if event["rawPath"] == "/boom":
        raise RuntimeError("secret detail")
    return {"statusCode": 201, "headers": {"content-type": "text/html"}, "cookies": ["a=1", "b=2"],
            "body": json.dumps(event)}
"""


def _operation() -> dict[str, Any]:
    uri = (
        "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/"
        "${Page.Arn}/invocations"
    )
    integration = {
        "type": "aws_proxy",
        "httpMethod": "POST",
        "payloadFormatVersion": "2.0",
        "uri": {"Fn::Sub": uri},
    }
    return {"x-amazon-apigateway-integration": integration, "responses": {}}


def _template(
    paths: dict[str, Any], schemes: dict[str, Any] | None = None, **stage: Any
) -> dict[str, Any]:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    return {
        "Resources": {
            "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust}},
            "Page": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "Runtime": "python3.13",
                    "Handler": "index.handler",
                    "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                    "Code": {"ZipFile": CODE},
                },
            },
            "Api": {
                "Type": "AWS::ApiGatewayV2::Api",
                "Properties": {
                    "Body": {
                        "openapi": "3.0.1",
                        "info": {"title": "pages", "version": "1.0"},
                        "paths": paths,
                        "components": {"securitySchemes": schemes or {}},
                    }
                },
            },
            "Stage": {
                "Type": "AWS::ApiGatewayV2::Stage",
                "Properties": {
                    "ApiId": {"Ref": "Api"},
                    "StageName": "$default",
                    "AutoDeploy": True,
                    **stage,
                },
            },
            "Permission": {
                "Type": "AWS::Lambda::Permission",
                "Properties": {
                    "Action": "lambda:InvokeFunction",
                    "FunctionName": {"Ref": "Page"},
                    "Principal": "apigateway.amazonaws.com",
                },
            },
        },
        "Outputs": {"ApiId": {"Value": {"Ref": "Api"}}},
    }


def _deploy(
    base: BaseProcess,
    name: str,
    paths: dict[str, Any],
    update: bool = False,
    schemes: dict[str, Any] | None = None,
    **stage: Any,
) -> str:
    cloudformation = base.client("cloudformation")
    call = cloudformation.update_stack if update else cloudformation.create_stack
    call(
        StackName=name,
        TemplateBody=json.dumps(_template(paths, schemes, **stage)),
        Capabilities=["CAPABILITY_IAM"],
    )

    def done() -> dict[str, Any] | None:
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        return stack if stack["StackStatus"].endswith("_COMPLETE") else None

    found = wait_until(done, 30)
    assert found is not None
    assert found["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
    return str(found["Outputs"][0]["OutputValue"])


PATHS = {
    "/": {"get": _operation()},
    "/boom": {"get": _operation()},
    "/approvals/{id}": {"get": _operation(), "post": _operation()},
}


@pytest.fixture(scope="module")
def api(repaired: BaseProcess) -> str:
    return _deploy(repaired, "pages", PATHS)


def _call(
    base: BaseProcess, api: str, path: str, form: bytes | None = None, token: str = ""
) -> tuple[int, Any, bytes]:
    sent = {"X-Token": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(
        f"{base.endpoint_url}{path}",
        data=form,
        headers={"Host": f"{api}.execute-api.localhost:{base.port}", "User-Agent": "phone", **sent},
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def test_the_routes_of_the_body_reach_the_function(repaired: BaseProcess, api: str) -> None:
    status, headers, body = _call(repaired, api, "/approvals/a1?p=jo%40x.org&e=17")

    event = json.loads(body)
    assert status == 201
    assert headers["content-type"] == "text/html"
    assert headers.get_all("set-cookie") == ["a=1", "b=2"]
    assert event["routeKey"] == "GET /approvals/{id}"
    assert event["pathParameters"] == {"id": "a1"}
    assert event["rawQueryString"] == "p=jo%40x.org&e=17"
    assert event["queryStringParameters"] == {"p": "jo@x.org", "e": "17"}
    http = event["requestContext"]["http"]
    assert (http["method"], http["path"]) == ("GET", "/approvals/a1")
    assert (http["sourceIp"], http["userAgent"]) == ("127.0.0.1", "phone")


def test_a_form_arrives_in_base64(repaired: BaseProcess, api: str) -> None:
    _status, _headers, body = _call(repaired, api, "/approvals/a1", form=b"decision=approve")

    event = json.loads(body)
    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == b"decision=approve"


def test_a_path_that_the_body_lacks_is_not_found(repaired: BaseProcess, api: str) -> None:
    assert _call(repaired, api, "/nowhere")[0] == 404


def test_a_function_that_raises_shows_no_detail_to_the_caller(
    repaired: BaseProcess, api: str
) -> None:
    status, _headers, body = _call(repaired, api, "/boom")

    assert status == 500
    assert json.loads(body) == {"message": "Internal Server Error"}


def test_an_update_of_the_body_replaces_the_routes(repaired: BaseProcess) -> None:
    api = _deploy(repaired, "changing", {"/old": {"get": _operation()}})

    same = _deploy(repaired, "changing", {"/new": {"get": _operation()}}, update=True)

    assert same == api
    assert _call(repaired, api, "/new")[0] == 201
    assert _call(repaired, api, "/old")[0] == 404


def test_a_route_answers_as_often_as_its_stage_allows_and_then_429(repaired: BaseProcess) -> None:
    limits = {"ThrottlingBurstLimit": 3, "ThrottlingRateLimit": 0.001}
    api = _deploy(repaired, "throttled", PATHS, DefaultRouteSettings=limits)
    kept = repaired.client("apigatewayv2").get_stage(ApiId=api, StageName="$default")
    assert kept["DefaultRouteSettings"] == limits

    answers = [_call(repaired, api, "/approvals/a1") for _ in range(5)]

    assert [status for status, _, _ in answers] == [201, 201, 201, 429, 429]
    _, headers, body = answers[-1]
    assert headers["content-type"] == "application/json"
    assert json.loads(body) == {"message": "Too Many Requests"}
    # Each route has a bucket of its own, and what is no route takes nothing from any.
    assert _call(repaired, api, "/approvals/a1", form=b"decision=approve")[0] == 201
    assert _call(repaired, api, "/nowhere")[0] == 404

    own = {"GET /approvals/{id}": {"ThrottlingBurstLimit": 1, "ThrottlingRateLimit": 0.001}}
    repaired.client("apigatewayv2").update_stage(ApiId=api, StageName="$default", RouteSettings=own)
    assert [_call(repaired, api, "/approvals/a1")[0] for _ in range(2)] == [201, 429]
    assert [_call(repaired, api, "/")[0] for _ in range(4)] == [201, 201, 201, 429]


@pytest.fixture(scope="module")
def provider() -> Iterator[Issuer]:
    with issuer() as serving:
        yield serving


@pytest.fixture(scope="module")
def guarded(repaired: BaseProcess, provider: Issuer) -> str:
    """`/` needs a token, `/open` does not."""
    jwt = {
        "type": "jwt",
        "identitySource": "$request.header.X-Token",
        "jwtConfiguration": {"issuer": provider.url, "audience": [AUDIENCE]},
    }
    schemes = {"People": {"type": "oauth2", "x-amazon-apigateway-authorizer": jwt}}
    locked = _operation() | {"security": [{"People": []}]}
    paths = {"/": {"get": locked}, "/open": {"get": _operation()}}
    return _deploy(repaired, "guarded", paths, schemes=schemes)


def test_a_token_of_the_issuer_opens_a_guarded_route_and_its_claims_arrive(
    repaired: BaseProcess, guarded: str, provider: Issuer
) -> None:
    status, _, body = _call(repaired, guarded, "/", token=provider.token("ada@example.com"))

    assert status == 201
    claims = json.loads(body)["requestContext"]["authorizer"]["jwt"]["claims"]
    assert claims["email"] == "ada@example.com"


BAD_TOKENS: dict[str, Callable[[Issuer], str]] = {
    "none": lambda _: "",
    "no token": lambda _: "abc",
    "another key": lambda one: one.token("ada@example.com", forged=True),
    "expired": lambda one: one.token("ada@example.com", exp=1),
    "another issuer": lambda one: one.token("ada@example.com", iss="http://127.0.0.1:1"),
    "another audience": lambda one: one.token("ada@example.com", aud="somebody-else"),
    "changed": lambda one: _with_other_claims(one),
}


def _with_other_claims(provider: Issuer) -> str:
    """The signature of one token under the claims of another."""
    mine, theirs = provider.token("eve@example.com"), provider.token("ada@example.com")
    return ".".join([*theirs.split(".")[:2], mine.split(".")[2]])


@pytest.mark.parametrize("kind", BAD_TOKENS)
def test_anything_else_does_not_come_in(
    repaired: BaseProcess, guarded: str, provider: Issuer, kind: str
) -> None:
    status, _, body = _call(repaired, guarded, "/", token=BAD_TOKENS[kind](provider))

    assert (status, json.loads(body)) == (401, {"message": "Unauthorized"})


def test_a_route_without_security_needs_no_token(repaired: BaseProcess, guarded: str) -> None:
    status, _, body = _call(repaired, guarded, "/open")

    assert status == 201
    assert "authorizer" not in json.loads(body)["requestContext"]


def test_a_route_that_names_an_authorizer_that_is_not_there_is_refused(
    repaired: BaseProcess,
) -> None:
    locked = _operation() | {"security": [{"People": []}]}

    with pytest.raises(AssertionError):
        _deploy(repaired, "unguarded", {"/": {"get": locked}})


def test_without_the_repair_the_api_has_no_routes(
    base_without: Callable[..., BaseProcess],
) -> None:
    base = base_without("http_api_body")
    api = _deploy(base, "pages", PATHS)

    assert base.client("apigatewayv2").get_routes(ApiId=api)["Items"] == []
