"""Fault: `aws-sdk:` tasks know few services, and guess at the names and types of their protocols.

ministack lacks SES v2, Scheduler and others, and translates CloudWatch by rules of thumb. Here a
call of such a service is serialized, and its answer and errors are read, by botocore's own model.
Names are the Java SDK's, as on AWS: `ResourceInUse` of SageMaker is
`SageMaker.ResourceInUseException`, an error that the model lacks (ValidationException) is
`SageMaker.SageMakerException`.
https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from botocore.validate import ParamValidator
from ministack.services import stepfunctions as sfn

from localcloud.repairs import base

# The service's name in a Resource → (botocore's name, the base's handler, the prefix of errors).
SERVICES = {
    "applicationautoscaling": (
        "application-autoscaling",
        "application-autoscaling",
        "ApplicationAutoScaling",
    ),
    "cloudwatch": ("cloudwatch", "monitoring", "CloudWatch"),
    "codecommit": ("codecommit", "codecommit", "CodeCommit"),
    "sagemaker": ("sagemaker", "sagemaker", "SageMaker"),
    "scheduler": ("scheduler", "scheduler", "Scheduler"),
    "sesv2": ("sesv2", "ses", "SesV2"),
}
_PROTOCOLS = ("json", "rest-json", "query", "rest-xml")
_FROM_JAVA = {("AttributeValue", "Nul"): "NULL"}


def call(service: str, action: str, arguments: Any) -> Any:
    """Call `service`:`action` of this process; return its answer as Step Functions shows it.

    Raises _ExecutionError with the Java SDK's name for the service's error.
    """
    from ministack import app

    model, handler_name, prefix = _service(service)
    operation = _operation(service, action)
    _name, method, path, query, headers, body = request(service, action, arguments)
    handler = app.SERVICE_HANDLERS.get(handler_name)
    if handler is None:
        message = f"aws-sdk:{service}:{action} is not part of the local cloud"
        raise sfn._ExecutionError("States.Runtime", message)
    status, answered, content = app.call_service_handler_sync(
        handler, method, path, headers, body, query
    )
    parsed = _parse(model, operation, status, answered, content)
    if status >= 400:
        error = parsed.get("Error", {})
        raise sfn._ExecutionError(
            f"{prefix}.{error_name(model, prefix, error.get('Code', ''))}",
            _cause(model, error, status),
        )
    parsed.pop("ResponseMetadata", None)
    return _to_java(operation.output_shape, parsed) if operation.output_shape else {}


def error_name(model: ServiceModel, prefix: str, code: str) -> str:
    """Return the class of the AWS SDK for Java that stands for an error code."""
    shape = model.shape_for_error_code(code)
    if shape is None:
        return f"{prefix}Exception"
    stem = shape.name.removesuffix("Exception").removesuffix("Fault")
    return f"{stem}Exception"


def _cause(model: ServiceModel, error: Mapping[str, Any], status: int) -> str:
    message = error.get("Message", "")
    return f"{message} (Service: {model.service_id}, Status Code: {status}, Request ID: local)"


@cache
def _service(service: str) -> tuple[ServiceModel, str, str]:
    botocore_name, handler, prefix = SERVICES[service]
    return ServiceModel(Loader().load_service_model(botocore_name, "service-2")), handler, prefix


def _protocol(model: ServiceModel) -> str:
    offered = model.metadata.get("protocols") or [model.metadata["protocol"]]
    return next(name for name in _PROTOCOLS if name in offered)


def _operation(service: str, action: str) -> OperationModel:
    model = _service(service)[0]
    name = f"{action[0].upper()}{action[1:]}"
    if name not in model.operation_names:
        message = f"{model.service_id} has no operation {name}"
        raise sfn._ExecutionError("States.Runtime", message)
    return model.operation_model(name)


def request(
    service: str, action: str, arguments: Any
) -> tuple[str, str, str, dict[str, list[str]], dict[str, str], bytes]:
    """Return (handler, method, path, query, headers, body) of a call, as its SDK would send it."""
    model, handler, _prefix = _service(service)
    operation = _operation(service, action)
    given = _from_java(operation.input_shape, arguments) if operation.input_shape else {}
    for member in operation.idempotent_members:
        given.setdefault(member, sfn.new_uuid())
    report = ParamValidator().validate(given, operation.input_shape)
    if report.has_errors():
        raise sfn._ExecutionError("States.Runtime", report.generate_report())
    protocol = _protocol(model)
    made = create_serializer(protocol).serialize_to_request(given, operation)
    body = made["body"]
    if isinstance(body, dict):
        body = urlencode(body).encode()
    headers = {key.lower(): str(value) for key, value in made["headers"].items()}
    region = sfn.get_region()
    scope = f"test/20260101/{region}/{model.signing_name}/aws4_request"
    headers["host"] = f"{model.endpoint_prefix}.{region}.amazonaws.com"
    headers["authorization"] = f"AWS4-HMAC-SHA256 Credential={scope}"
    url = urlsplit(made["url_path"])
    text = made.get("query_string") or {}
    query = parse_qs(url.query, keep_blank_values=True)
    for key, value in (parse_qs(text) if isinstance(text, str) else text).items():
        query[key] = [str(item) for item in value] if isinstance(value, list) else [str(value)]
    raw = body.encode() if isinstance(body, str) else bytes(body or b"")
    return handler, made["method"], unquote(url.path), query, headers, raw


def _parse(
    model: ServiceModel, operation: OperationModel, status: int, headers: Any, content: Any
) -> dict[str, Any]:
    response = {
        "status_code": status,
        "headers": {str(key).lower(): value for key, value in headers.items()},
        "body": content.encode() if isinstance(content, str) else content,
        "context": {},
    }
    parser = create_parser(_protocol(model))
    parsed: dict[str, Any] = parser.parse(response, operation.output_shape)
    return parsed


def _from_java(shape: Shape, value: Any) -> Any:
    """Rename the members of arguments to the wire's names; whole numbers become integers."""
    if shape.type_name == "structure" and isinstance(value, dict):
        known = {java_name(name): name for name in shape.members}
        renamed = {}
        for key, item in value.items():
            name = _FROM_JAVA.get((shape.name, key)) or known.get(key, key)
            member = shape.members.get(name)
            renamed[name] = _from_java(member, item) if member is not None else item
        return renamed
    if shape.type_name == "list" and isinstance(value, list):
        return [_from_java(shape.member, item) for item in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {key: _from_java(shape.value, item) for key, item in value.items()}
    if shape.type_name in ("integer", "long") and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _to_java(shape: Shape, value: Any) -> Any:
    if shape.type_name == "structure" and isinstance(value, dict):
        return {
            java_name(key): _to_java(shape.members[key], item)
            for key, item in value.items()
            if key in shape.members and item is not None
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [_to_java(shape.member, item) for item in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {key: _to_java(shape.value, item) for key, item in value.items()}
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def java_name(name: str) -> str:
    """Return a member's name as the Java SDK has it: `DBClusterArn` is DbClusterArn.

    ministack writes the second word of `ModelDataETag` small; the Java SDK keeps it.
    """
    words = re.sub(
        r"[A-Z]{2,}(?![a-z])|[A-Z]+(?=[A-Z][a-z])", lambda run: run.group().capitalize(), name
    )
    return words[:1].upper() + words[1:]


def _by_model(original: Callable[..., Any]) -> Callable[..., Any]:
    def invoke(resource: str, arguments: Any) -> Any:
        parts = resource.split(":")
        service = parts[6].lower() if len(parts) == 8 else ""
        if service not in SERVICES:
            return original(resource, arguments)
        return call(service, parts[7].partition(".")[0], arguments)

    return invoke


def install(_context: object) -> None:
    """Wrap ministack's dispatch of `aws-sdk:` tasks and replace its naming of members."""
    base.wrap(sfn, "_invoke_aws_sdk_integration", "e11e90176c9445a3", _by_model)
    base.replace(sfn, "_api_name_to_sfn_key", "f8a3003390db0f3a", java_name)
