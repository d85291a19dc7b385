"""Resource types that the base's CloudFormation lacks, made through our own services' APIs.

A type is a `ResourceType` in `types.py`; adding one there is all that a new type needs.
"""

from __future__ import annotations

from typing import Any

from localcloud.cloudformation import definitions
from localcloud.cloudformation.resource import ResourceType
from localcloud.cloudformation.types import TYPES
from localcloud.context import Context

_HTTP_API = "AWS::ApiGatewayV2::Api"


def install(context: Context) -> None:
    """Teach the base's CloudFormation our types and the address of an HTTP API."""
    for kind in TYPES:
        _register(kind, context)
    _run_on_a_thread({kind.name for kind in TYPES})
    _serve_http_api_at(context.api_url)
    definitions.install()


def _register(kind: ResourceType, context: Context) -> None:
    from ministack.services.cloudformation import provisioners

    def create(
        logical_id: str, properties: dict[str, Any], stack: str
    ) -> tuple[str, dict[str, Any]]:
        generated = provisioners._physical_name(stack, logical_id, max_len=kind.name_length)
        name = properties.get(kind.name_property) or generated
        client = context.client(kind.service)
        return kind.create(client, context, {**properties, kind.name_property: name})

    def update(
        physical_id: str, _old: dict[str, Any], new: dict[str, Any], _stack: str
    ) -> tuple[str, dict[str, Any]]:
        return kind.update(context.client(kind.service), physical_id, new)

    def delete(physical_id: str, properties: dict[str, Any]) -> None:
        kind.delete(context.client(kind.service), physical_id, properties)

    if kind.name in provisioners._RESOURCE_HANDLERS:
        raise RuntimeError(f"the base makes {kind.name} itself: drop ours")
    provisioners._RESOURCE_HANDLERS[kind.name] = {
        "create": create,
        "update": update,
        "delete": delete,
    }
    provisioners._REPLACING_PROPERTIES[kind.name] = kind.replacing
    provisioners._CUSTOM_NAME_REPLACEMENT[kind.name] = {"name": kind.name_property}
    provisioners._STACK_TAG_PROPERTY[kind.name] = ("Tags", "list")


def _run_on_a_thread(names: set[str]) -> None:
    """Our types call this very server over HTTP, so they must not run on its event loop."""
    from ministack.services.cloudformation import stacks

    original = stacks._runs_on_worker_thread

    def runs_on_worker_thread(resource_type: str) -> bool:
        return resource_type in names or original(resource_type)

    stacks._runs_on_worker_thread = runs_on_worker_thread


def _serve_http_api_at(url: str) -> None:
    """`!GetAtt Api.ApiEndpoint` is an address that answers here, as it is on AWS.

    The base gives `http://<id>.execute-api.<host>`, a name that no resolver knows.
    """
    from ministack.services import apigateway
    from ministack.services.cloudformation import provisioners

    handlers = provisioners._RESOURCE_HANDLERS[_HTTP_API]
    original = handlers["create"]

    def create(
        logical_id: str, properties: dict[str, Any], stack: str
    ) -> tuple[str, dict[str, Any]]:
        api_id, attributes = original(logical_id, properties, stack)
        if properties.get("ProtocolType", "HTTP") == "HTTP":
            apigateway._apis[api_id]["apiEndpoint"] = url
            attributes = {**attributes, "ApiEndpoint": url}
        return api_id, attributes

    handlers["create"] = create
