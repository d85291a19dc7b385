"""Fault: the condition key `aws:PrincipalArn` of a role's session is the session's ARN.

On AWS it is the ARN of the role that was assumed, which is what a trust policy can name by pattern.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn
"""

import dataclasses
from collections.abc import Callable
from typing import Any

from ministack.core import iam_evaluator
from ministack.services import iam

from localcloud.repairs import base


def role_of(principal: str) -> str:
    """Return the ARN of the role of a session; any other principal's as it is."""
    head, found, session = principal.partition(":assumed-role/")
    if not found:
        return principal
    name = session.partition("/")[0]
    account = head.split(":")[4]
    stored = iam._roles.get_scoped(account, None, name) or {}
    return str(stored.get("Arn") or f"arn:aws:iam::{account}:role/{name}")


def _by_role(original: Callable[..., bool]) -> Callable[..., bool]:
    def met(conditions: Any, context: Any) -> bool:
        principal = role_of(context.principal_arn)
        return original(conditions, dataclasses.replace(context, principal_arn=principal))

    return met


def install(_context: object) -> None:
    """Wrap how the conditions of a statement are decided."""
    base.wrap(iam_evaluator, "_conditions_met", "608091cabf73a9b2", _by_role)
