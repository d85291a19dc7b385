"""Fault: a role that may put metrics of one namespace may put none.

The base does not know the condition key `cloudwatch:namespace`, so that a condition on it never
holds. PutMetricData names its namespace in the request.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/iam-cw-condition-keys-namespace.html
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core import iam_actions

from localcloud.repairs import base

ACTION = "cloudwatch:PutMetricData"


def namespace_of(body: bytes) -> str | None:
    """The namespace in a JSON request; None without one."""
    try:
        request = json.loads(body)
    except ValueError:
        return None
    found = request.get("Namespace") if isinstance(request, dict) else None
    return str(found) if found else None


def _with_namespace(original: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def request_tag_context(
        service: str, iam_action: str, body: bytes, params: Mapping[str, Any]
    ) -> dict[str, Any]:
        context = original(service, iam_action, body, params)
        namespace = namespace_of(body) if iam_action == ACTION else None
        return {**context, "cloudwatch:namespace": namespace} if namespace else context

    return request_tag_context


def install(_context: object) -> None:
    """Wrap how a request's own condition keys are found."""
    base.wrap(iam_actions, "request_tag_context", "2ff44e652de8ae48", _with_namespace)
