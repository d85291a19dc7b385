"""InvokeEndpoint: from the request to the fleet that its turn falls on, and back."""

from __future__ import annotations

import asyncio
import json
import time
from urllib.parse import unquote
from uuid import uuid4

from localcloud.sagemaker.api import Reply
from localcloud.sagemaker.endpoints.fleet import Fleet
from localcloud.sagemaker.endpoints.state import State, state_of
from localcloud.sagemaker.endpoints.traffic import NoVariantError
from localcloud.sagemaker.endpoints.wire import Response, UnreachableError
from localcloud.sagemaker.service import Service

LONGEST_BODY = 6 * 1024 * 1024
LONGEST_SERVERLESS_BODY = 4 * 1024 * 1024
TIME_LIMIT = 60.0
_PREFIX = "x-amzn-sagemaker-"
_PASSED_ON = ("content-type", "accept", f"{_PREFIX}custom-attributes", f"{_PREFIX}inference-id")


async def handle_request(
    svc: Service, method: str, path: str, headers: dict[str, str], body: bytes
) -> Reply:
    """Answer ``POST /endpoints/{EndpointName}/invocations``; runs on the event loop."""
    parts = path.strip("/").split("/")
    if method != "POST" or len(parts) != 3 or parts[2] != "invocations":
        return _error(
            404, "UnknownOperationException", f"The local runtime has no {method} {path}."
        )
    if len(body) > LONGEST_BODY:
        text = f"HTTP content length exceeded {LONGEST_BODY} bytes."
        return 413, {"Content-Type": "application/json"}, json.dumps({"message": text}).encode()
    name, state = unquote(parts[1]), state_of(svc)
    try:
        fleet = state.traffic.choose(name, headers.get(f"{_PREFIX}target-variant"))
    except KeyError:
        text = f"Endpoint {name} of account {svc.context.account} not found."
        return _error(400, "ValidationError", text)
    except NoVariantError as error:
        return _error(400, "ValidationError", f"Variant {error} not found for endpoint {name}.")
    try:
        if fleet.is_serverless and len(body) > LONGEST_SERVERLESS_BODY:
            return _error(400, "ValidationError", f"Request {uuid4()} has oversize body.")
        return await _invoke(svc, state, fleet, headers, body)
    finally:
        fleet.inflight -= 1


async def _invoke(
    svc: Service, state: State, fleet: Fleet, headers: dict[str, str], body: bytes
) -> Reply:
    began = time.perf_counter()
    passed = {key: headers[key] for key in _PASSED_ON if headers.get(key)}
    called = time.perf_counter()
    try:
        answer = await asyncio.wait_for(fleet.invoke(passed, body), TIME_LIMIT)
    except TimeoutError:
        answer = _no_answer(
            "Your invocation timed out while waiting for a response from container primary. Review "
            "the latency metrics for each container in Amazon CloudWatch, resolve the issue, and "
            "try again."
        )
    except UnreachableError:
        answer = _no_answer("The container primary ended before it answered.")
    model_us = (time.perf_counter() - called) * 1e6
    reply = _success(fleet, answer) if answer.status < 400 else _model_error(svc, fleet, answer)
    overhead_us = (time.perf_counter() - began) * 1e6 - model_us
    state.monitor.record(fleet, answer.status, model_us, overhead_us)
    if capture := state.captures.get(fleet.endpoint):
        sent = (headers.get("content-type", ""), body)
        got = (answer.headers.get("content-type", ""), answer.body)
        extra = {
            "InferenceId": headers.get(f"{_PREFIX}inference-id"),
            "CustomAttributes": headers.get(f"{_PREFIX}custom-attributes"),
        }
        if answer.status < 400:
            state.capture.record(capture, fleet, sent, got, extra)
    return reply


def _no_answer(text: str) -> Response:
    return Response(504, {"x-slipway-none": "1"}, text.encode())


def _success(fleet: Fleet, answer: Response) -> Reply:
    headers = {
        "Content-Type": answer.headers.get("content-type", "application/json"),
        "x-Amzn-Invoked-Production-Variant": fleet.variant,
    }
    if custom := answer.headers.get(f"{_PREFIX}custom-attributes"):
        headers["X-Amzn-SageMaker-Custom-Attributes"] = custom
    return 200, headers, answer.body


def _model_error(svc: Service, fleet: Fleet, answer: Response) -> Reply:
    client_fault = answer.status < 500
    said = answer.body.decode("utf-8", "replace")
    status = 0 if "x-slipway-none" in answer.headers else answer.status
    region, account = svc.context.region, svc.context.account
    group = f"/aws/sagemaker/Endpoints/{fleet.endpoint}"
    console = f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"
    text = (
        f"Received {'client' if client_fault else 'server'} error ({status}) from primary with "
        f'message "{said}". See {console}#logEventViewer:group={group} in account {account} for '
        "more information."
    )
    document = {
        "ErrorCode": "CLIENT_ERROR_FROM_MODEL" if client_fault else "INTERNAL_FAILURE_FROM_MODEL",
        "LogStreamArn": f"arn:aws:logs:{region}:{account}:log-group:{group}",
        "Message": text,
        "OriginalMessage": said,
        "OriginalStatusCode": status,
    }
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": "ModelError"}
    return 424, headers, json.dumps(document).encode()


def _error(status: int, code: str, message: str) -> Reply:
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": code}
    return status, headers, json.dumps({"Message": message}).encode()
