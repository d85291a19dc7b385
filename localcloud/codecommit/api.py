"""CodeCommit's JSON protocol: parse, dispatch, check the answer against botocore's model."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from localcloud.codecommit import commits, contents, repositories
from localcloud.codecommit.errors import CodeCommitError
from localcloud.codecommit.service import CodeCommit, operations
from localcloud.sagemaker.validation import answer_errors, service_model

Reply = tuple[int, dict[str, str], bytes]
Handler = Callable[[str, str, dict[str, str], bytes, Mapping[str, list[str]]], Awaitable[Reply]]
PARTS = (repositories, contents, commits)
"""The modules whose import registers the operations."""

_logger = logging.getLogger(__name__)


def json_handler(svc: CodeCommit) -> Handler:
    """Return ministack's kind of handler for `X-Amz-Target: CodeCommit_20150413.*`."""

    async def handle_request(
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query: Mapping[str, list[str]],
    ) -> Reply:
        name = headers.get("x-amz-target", "").rpartition(".")[2]
        return await asyncio.to_thread(_reply, svc, name, body)

    return handle_request


def _reply(svc: CodeCommit, name: str, body: bytes) -> Reply:
    try:
        request = json.loads(body or b"{}")
        return _json(200, call(svc, name, request))
    except ValueError:
        return _error("SerializationException", "The request is not valid JSON.", 400)
    except CodeCommitError as error:
        return _error(error.code, error.message, 400)
    except Exception:
        _logger.exception("codecommit:%s failed", name)
        return _error("InternalFailure", f"{name} failed; see the log.", 500)


def call(svc: CodeCommit, name: str, request: dict[str, Any]) -> dict[str, Any]:
    """Run one operation; raises CodeCommitError as AWS would answer."""
    function = operations.get(name)
    if function is None:
        message = f"The local CodeCommit has no {name}."
        raise CodeCommitError("UnknownOperationException", message)
    answer = function(svc, request) or {}
    shape = service_model("codecommit").operation_model(name).output_shape
    if shape is not None:
        problems = answer_errors(shape, answer)
        if problems:
            raise TypeError(f"{name} answered outside its model: {problems}")
    return answer


def _error(code: str, message: str, status: int) -> Reply:
    return _json(status, {"__type": code, "message": message})


def _json(status: int, document: dict[str, Any]) -> Reply:
    headers = {"Content-Type": "application/x-amz-json-1.1"}
    return status, headers, json.dumps(document).encode()
