"""Who is calling: the identity that the registry writes into CreatedBy and LastModifiedBy."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_acting: ContextVar[str] = ContextVar("sagemaker_acting_as", default="")


@contextmanager
def acting_as(arn: str) -> Iterator[None]:
    """Make calls inside this block those of ``arn`` (a pipeline acts as its execution role)."""
    token = _acting.set(arn)
    try:
        yield
    finally:
        _acting.reset(token)


def caller_arn() -> str:
    """The ARN of the caller of the request that is being answered, or of the account's root."""
    if named := _acting.get():
        return named
    from ministack.core import iam_evaluator

    return str(iam_evaluator.caller_arn())


def user_context() -> dict[str, Any]:
    """The caller as SageMaker's UserContext."""
    arn = caller_arn()
    return {"IamIdentity": {"Arn": arn, "PrincipalId": arn.rpartition("/")[2] or arn}}
