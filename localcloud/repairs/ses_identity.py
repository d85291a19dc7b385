"""Fault: SES's SendEmail is authorized on `*`, so a policy for one account's identities never fits.

On AWS the resource is the identity that is sent from.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsimpleemailservicev2.html
"""

import json
from collections.abc import Callable
from typing import Any

from ministack.core import iam_actions

from localcloud.repairs import base


def _with_identity(original: Callable[..., str]) -> Callable[..., str]:
    def extract(
        service: str, method: str, path: str, headers: Any, body: bytes, query: Any,
        region: str, account: str,
    ) -> str:  # fmt: skip
        found = original(service, method, path, headers, body, query, region, account)
        if service != "ses" or found != "*" or not path.endswith("/outbound-emails"):
            return found
        sender = str(json.loads(body or b"{}").get("FromEmailAddress", ""))
        address = sender.rpartition("<")[2].rstrip(">").strip()
        return f"arn:aws:ses:{region}:{account}:identity/{address}" if address else found

    return extract


def install(_context: object) -> None:
    """Wrap how the resource of a request is found."""
    base.wrap(iam_actions, "extract_resource_arn", "3424cb7ddd20d334", _with_identity)
