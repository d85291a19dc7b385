"""The HTTP API's own promises: who may call what, how often, and what is written down of it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.support import template

API = template.resources()["Api"]["Properties"]
SIGNED_BY_THEIR_SENDER = {"POST /webhooks/github", "POST /slack/actions"}
PEOPLE = {"Fn::If": ["PeopleSignIn", [{"People": []}], {"Ref": "AWS::NoValue"}]}


def _routes() -> dict[str, str]:
    """Each route and its function."""
    return {
        f"{event['Properties']['Method']} {event['Properties']['Path']}": name
        for name, properties in template.functions().items()
        for event in properties.get("Events", {}).values()
        if event["Type"] == "HttpApi"
    }


def _guarded() -> dict[str, Any]:
    paths = API["DefinitionBody"]["paths"]
    return {
        f"{method.upper()} {path}": operation["security"]
        for path, operations in paths.items()
        for method, operation in operations.items()
    }


def test_people_sign_in_on_every_route_that_is_not_signed_by_its_sender() -> None:
    assert set(_guarded()) == set(_routes()) - SIGNED_BY_THEIR_SENDER
    assert all(security == PEOPLE for security in _guarded().values())


@pytest.mark.parametrize("route", _routes())
def test_a_function_trusts_claims_exactly_where_the_api_verifies_them(route: str) -> None:
    variables = template.functions()[_routes()[route]]["Environment"]["Variables"]

    assert variables.get("JWT_ISSUER") == ({"Ref": "JwtIssuer"} if route in _guarded() else None)


def test_the_authorizer_verifies_the_issuer_s_tokens_for_our_audience_alone() -> None:
    condition, scheme, without = API["DefinitionBody"]["components"]["securitySchemes"]["People"][
        "Fn::If"
    ]

    assert (condition, without) == ("PeopleSignIn", {"Ref": "AWS::NoValue"})
    assert scheme["x-amazon-apigateway-authorizer"] == {
        "type": "jwt",
        "identitySource": {"Ref": "JwtIdentitySource"},
        "jwtConfiguration": {
            "issuer": {"Ref": "JwtIssuer"},
            "audience": {"Fn::Split": [",", {"Ref": "JwtAudience"}]},
        },
    }
    rule = template.template()["Rules"]["TokensNameTheirAudience"]
    assert "JwtAudience" in str(rule["Assertions"])


def test_nobody_can_call_more_often_than_people_do() -> None:
    limits = API["DefaultRouteSettings"]

    assert 0 < limits["ThrottlingRateLimit"] <= 50
    assert limits["ThrottlingRateLimit"] <= limits["ThrottlingBurstLimit"] <= 100


def test_an_access_log_line_is_json_and_has_neither_query_nor_headers_nor_claims() -> None:
    line = json.loads(re.sub(r"\s*\n\s*", "", API["AccessLogSettings"]["Format"]))

    assert set(line.values()) == {
        "$context.requestId",
        "$context.identity.sourceIp",
        "$context.requestTime",
        "$context.httpMethod",
        "$context.routeKey",
        "$context.status",
        "$context.responseLength",
    }
    assert API["AccessLogSettings"]["DestinationArn"] == {"Fn::GetAtt": "ApiLogs.Arn"}
