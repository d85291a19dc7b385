"""Fault: a role that may act on some alarms may not act on a list of them.

The base finds an alarm in `AlarmName` alone. DeleteAlarms and DescribeAlarms have a list
`AlarmNames`; so "*" is asked for, and only a policy on "*" allows it.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core import iam_actions

from localcloud.repairs import base


def alarm_of(body: bytes) -> str | None:
    """The first alarm in a JSON request's list, or None."""
    try:
        request = json.loads(body)
    except ValueError:
        return None
    names = request.get("AlarmNames") if isinstance(request, dict) else None
    return str(names[0]) if names else None


def _with_names(original: Callable[..., str]) -> Callable[..., str]:
    def extract_resource_arn(
        service: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query_params: Mapping[str, Any],
        region: str,
        account_id: str,
    ) -> str:
        name = alarm_of(body) if service == "monitoring" else None
        if name:
            return f"arn:aws:cloudwatch:{region}:{account_id}:alarm:{name}"
        return original(service, method, path, headers, body, query_params, region, account_id)

    return extract_resource_arn


def install(_context: object) -> None:
    """Wrap how a request's resource is found, after `ses_identity`, which checked its source."""
    base.expect(iam_actions, "_param", "3df69703cb0e5285")  # what reads `AlarmName`
    iam_actions.extract_resource_arn = _with_names(iam_actions.extract_resource_arn)
