"""Fault: the OpenAPI `Body` of an AWS::ApiGatewayV2::Api is ignored.

SAM turns an AWS::Serverless::HttpApi with its functions' events into exactly such a Body, so that
the API has neither routes nor integrations nor authorizers. On AWS the API is imported from it.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-open-api.html
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

from ministack.services import apigateway
from ministack.services.cloudformation import provisioners

from localcloud.repairs import base

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
_ANY = "x-amazon-apigateway-any-method"
_INTEGRATION = "x-amazon-apigateway-integration"
_AUTHORIZER = "x-amazon-apigateway-authorizer"


def import_body(api_id: str, body: dict[str, Any]) -> None:
    """Replace routes, integrations and authorizers of the API by those of an OpenAPI document."""
    apigateway._routes[api_id] = {}
    apigateway._integrations[api_id] = {}
    apigateway._authorizers[api_id] = {}
    schemes = body.get("components", {}).get("securitySchemes", {})
    authorizers = {
        name: _authorizer(api_id, name, scheme[_AUTHORIZER])
        for name, scheme in schemes.items()
        if _AUTHORIZER in scheme
    }
    for route_key, operation in operations(body):
        integration = operation.get(_INTEGRATION)
        if not integration:
            continue
        created = apigateway._create_integration(api_id, _integration(integration))
        target = f"integrations/{_id(created, 'integrationId')}"
        guard = _guard(route_key, operation, authorizers)
        apigateway._create_route(api_id, {"routeKey": route_key, "target": target, **guard})
    info = body.get("info", {})
    named = {"name": info.get("title"), "version": info.get("version")}
    apigateway._apis[api_id].update({key: value for key, value in named.items() if value})
    cors = body.get("x-amazon-apigateway-cors")
    if cors:
        apigateway._apis[api_id]["corsConfiguration"] = cors


def operations(body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (route key, operation) of each path and method of an OpenAPI document."""
    for path, item in body.get("paths", {}).items():
        for method, operation in item.items():
            if method == _ANY:
                yield ("$default" if path == "/$default" else f"ANY {path}"), operation
            elif method in _METHODS:
                yield f"{method.upper()} {path}", operation


def _authorizer(api_id: str, name: str, extension: dict[str, Any]) -> str:
    if extension.get("type") != "jwt":
        raise ValueError(f"AWS::ApiGatewayV2::Api Body: {name} is not an authorizer of type jwt")
    created = apigateway._create_authorizer(api_id, {
        "name": name,
        "authorizerType": "JWT",
        "identitySource": str(extension["identitySource"]).split(","),
        "jwtConfiguration": extension["jwtConfiguration"],
    })  # fmt: skip
    return _id(created, "authorizerId")


def _guard(
    route_key: str, operation: dict[str, Any], authorizers: dict[str, str]
) -> dict[str, Any]:
    """What a route needs of a caller; a name that is not there must not leave the route open."""
    for requirement in operation.get("security") or []:
        for name, scopes in requirement.items():
            if name not in authorizers:
                raise ValueError(f"AWS::ApiGatewayV2::Api Body: {route_key} names no {name}")
            return {
                "authorizationType": "JWT",
                "authorizerId": authorizers[name],
                "authorizationScopes": scopes,
            }
    return {}


def _integration(extension: dict[str, Any]) -> dict[str, Any]:
    return {
        "integrationType": extension.get("type", "aws_proxy").upper(),
        "integrationMethod": extension.get("httpMethod", "POST"),
        "integrationUri": extension["uri"],
        "payloadFormatVersion": str(extension.get("payloadFormatVersion", "1.0")),
        "timeoutInMillis": extension.get("timeoutInMillis", 30000),
    }


def _id(answer: Any, field: str) -> str:
    status, _headers, body = answer
    if status >= 400:
        raise ValueError(f"AWS::ApiGatewayV2::Api Body was refused: {body!r}")
    return str(json.loads(body)[field])


def _create(original: Callable[..., Any]) -> Callable[..., Any]:
    def create(logical_id: str, props: dict[str, Any], stack_name: str) -> Any:
        api_id, attributes = original(logical_id, props, stack_name)
        if props.get("Body"):
            import_body(api_id, props["Body"])
        return api_id, attributes

    return create


def _update(original: Callable[..., Any]) -> Callable[..., Any]:
    def update(physical_id: str, old: Any, new: dict[str, Any], *args: Any, **more: Any) -> Any:
        api_id, attributes = original(physical_id, old, new, *args, **more)
        if new.get("Body"):
            import_body(api_id, new["Body"])
        return api_id, attributes

    return update


def install(_context: object) -> None:
    """Wrap the provisioner of AWS::ApiGatewayV2::Api; its table holds the functions themselves."""
    base.wrap(provisioners, "_apigw_v2_api_create", "c9011ba3782c7a93", _create)
    base.wrap(provisioners, "_apigw_v2_api_update", "4abe24627c1abae1", _update)
    entry = provisioners._RESOURCE_HANDLERS["AWS::ApiGatewayV2::Api"]
    entry["create"] = provisioners._apigw_v2_api_create
    entry["update"] = provisioners._apigw_v2_api_update
