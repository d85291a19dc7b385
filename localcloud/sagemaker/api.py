"""Parse, validate and dispatch SageMaker's API by botocore's own service model.

An operation is a plain function, registered by name::

    @operation("DescribeModel")
    def describe_model(svc: Service, request: dict[str, Any]) -> dict[str, Any]: ...

Requests reach it complete and valid; answers are checked before they leave. Operations run in
worker threads, never on the event loop.
"""

import asyncio
import contextvars
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from localcloud.sagemaker.service import Service
from localcloud.sagemaker.validation import (
    MistypedError,
    answer_errors,
    request_errors,
    service_model,
)

Operation = Callable[[Service, dict[str, Any]], dict[str, Any] | None]
Reply = tuple[int, dict[str, str], bytes]
Query = Mapping[str, list[str]]
Handler = Callable[[str, str, dict[str, str], bytes, Query], Awaitable[Reply]]

_logger = logging.getLogger(__name__)
_operations: dict[tuple[str, str], Operation] = {}


class ApiError(Exception):
    """An error that the caller sees: AWS's error code, its message and the HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


class AnswerError(Exception):
    """One of our own answers does not fit the service's model: a fault of the understudy."""


def operation(name: str, service: str = "sagemaker") -> Callable[[Operation], Operation]:
    """Register a function as the operation ``name`` of ``service`` (botocore's service name)."""

    def register(function: Operation) -> Operation:
        if (service, name) in _operations:
            raise ValueError(f"{service}:{name} is registered twice")
        _operations[service, name] = function
        return function

    return register


def call(
    svc: Service, name: str, request: dict[str, Any], service: str = "sagemaker"
) -> dict[str, Any]:
    """Run one operation in this process, checked as if it came from outside (``ApiError``)."""
    function = _operations.get((service, name))
    model = service_model(service)
    if function is None or name not in model.operation_names:
        raise ApiError("UnknownOperationException", f"The local cloud has no {service}:{name}.")
    shapes = model.operation_model(name)
    given = {key: value for key, value in request.items() if value is not None}
    _check_request(shapes.input_shape, given)
    answer = {k: v for k, v in (function(svc, given) or {}).items() if v is not None}
    if shapes.output_shape is not None:
        problems = answer_errors(shapes.output_shape, answer)
        if problems:
            raise AnswerError(f"{name}: {'; '.join(problems)}")
    return answer


def members(name: str, listed: str | None = None, service: str = "sagemaker") -> frozenset[str]:
    """The members of an operation's answer, or of one item of its list ``listed``."""
    shape = service_model(service).operation_model(name).output_shape
    found = shape.members[listed].member if listed else shape
    return frozenset(found.members)


def pick(doc: dict[str, Any], names: frozenset[str]) -> dict[str, Any]:
    """What of a document belongs into an answer with these members."""
    return {name: value for name, value in doc.items() if name in names and value is not None}


def _check_request(shape: Any, request: dict[str, Any]) -> None:
    if shape is None:
        return
    try:
        problems = request_errors(shape, request)
    except MistypedError as error:
        raise ApiError("SerializationException", str(error)) from error
    if problems:
        noun = "error" if len(problems) == 1 else "errors"
        text = f"{len(problems)} validation {noun} detected: {'; '.join(problems)}"
        raise ApiError("ValidationException", text)


def json_handler(svc: Service, pool: ThreadPoolExecutor, service: str = "sagemaker") -> Handler:
    """Return ministack's kind of handler for the JSON 1.1 protocol (``X-Amz-Target``)."""

    async def handle_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query_params: Query
    ) -> Reply:
        name = headers.get("x-amz-target", "").rpartition(".")[2]
        # The caller's identity, account and region travel in context variables.
        run = contextvars.copy_context().run
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(pool, run, _reply, svc, service, name, body)

    return handle_request


def _reply(svc: Service, service: str, name: str, body: bytes) -> Reply:
    try:
        request = json.loads(body or b"{}")
        if not isinstance(request, dict):
            raise ApiError("SerializationException", "The request is not a JSON object.")
        return _json(200, call(svc, name, request, service))
    except json.JSONDecodeError:
        return error_reply(ApiError("SerializationException", "The request is not valid JSON."))
    except ApiError as error:
        return error_reply(error)
    except Exception:
        _logger.exception("%s:%s failed in the understudy", service, name)
        return error_reply(ApiError("InternalFailure", f"{name} failed; see the log.", 500))


def error_reply(error: ApiError) -> Reply:
    """Return an error in the JSON 1.1 form that every SDK reads."""
    status, headers, body = _json(error.status, {"__type": error.code, "message": error.message})
    return status, {**headers, "x-amzn-ErrorType": error.code}, body


def _json(status: int, document: dict[str, Any]) -> Reply:
    headers = {"Content-Type": "application/x-amz-json-1.1"}
    return status, headers, json.dumps(document).encode()
