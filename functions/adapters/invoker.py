"""Calling an endpoint as its users do, and keeping what came back, good or bad."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from adapters import aws
from domain.observed import Answer

#: What data capture keeps of our own requests, so that the monitor leaves them out.
OURS = "slipway-test"


def invoke(endpoint: str, role: str, body: str | bytes, content_type: str = "text/csv") -> Answer:
    """One request. A refusal is an answer, with the model's own status where it gave one."""
    runtime = aws.client("sagemaker-runtime", role)
    started = time.perf_counter()
    try:
        answer = runtime.invoke_endpoint(
            EndpointName=endpoint, Body=body, ContentType=content_type, Accept="text/csv",
            InferenceId=OURS,
        )  # fmt: skip
        text, status = answer["Body"].read().decode(errors="replace"), 200
    except runtime.exceptions.ClientError as error:
        text, status = _refusal(error.response)
    sent = body if isinstance(body, str) else repr(body)
    return Answer(status, text, (time.perf_counter() - started) * 1000, sent)


def invoke_oversized(endpoint: str, role: str, body: str) -> Answer:
    """One request beyond SageMaker's limit: its front may hang up before it has read it all.

    That was seen on AWS (sagemaker-python-sdk issue 799); everything else is as for `invoke`.
    """
    from botocore.exceptions import ConnectionClosedError

    try:
        return invoke(endpoint, role, body)
    except ConnectionClosedError as error:
        return Answer(0, str(error), 0.0, body)


def _refusal(response: dict[str, Any]) -> tuple[str, int]:
    # ModelError carries what the container answered; everything else is SageMaker's own answer.
    status = response.get("OriginalStatusCode")
    message = response.get("OriginalMessage") or response.get("Error", {}).get("Message", "")
    return str(message), int(status or response["ResponseMetadata"]["HTTPStatusCode"])


def invoke_many(endpoint: str, role: str, bodies: Sequence[str], concurrency: int) -> list[Answer]:
    """Several requests, `concurrency` at a time, in order."""
    with ThreadPoolExecutor(max_workers=max(1, concurrency)) as pool:
        return list(pool.map(lambda body: invoke(endpoint, role, body), bodies))
