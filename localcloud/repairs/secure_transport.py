"""Fault: a bucket policy that denies requests without TLS denies every request of the local port.

The port on the loopback interface stands in for AWS's TLS endpoints, so `aws:SecureTransport` is
true for every request that reaches it.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html
"""

from collections.abc import Callable
from typing import Any

from ministack.core import iam_evaluator

from localcloud.repairs import base


def _as_if_encrypted(original: Callable[..., Any]) -> Callable[..., Any]:
    def resolve(key: str, context: Any) -> Any:
        return "true" if key.lower() == "aws:securetransport" else original(key, context)

    return resolve


def install(_context: object) -> None:
    """Wrap how a condition's key finds its value."""
    base.wrap(iam_evaluator, "_resolve_condition_key", "4543096815fb9fa9", _as_if_encrypted)
