"""What people write reaches the registry in the only form that SageMaker takes."""

from collections.abc import Callable
from typing import Any

import pytest

from adapters import aws, registry
from localcloud.sagemaker.validation import request_errors, service_model

ARN = "arn:aws:sagemaker:us-east-1:123456789012:model-package/churn/7"
SAID = (
    "Too slow.\r\nAnd worse for new customers.",
    "Zeile\u2028Zeile\u0085Zeile",
    "turned \u202earound\x00",
    "long " * 400,
)


class Registry:
    """SageMaker, as far as its model goes: a request that breaks a constraint is refused."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def update_model_package(self, **request: Any) -> None:
        shape = service_model("sagemaker").operation_model("UpdateModelPackage").input_shape
        assert request_errors(shape, request) == []
        self.asked.append(request)


@pytest.fixture
def sagemaker(monkeypatch: pytest.MonkeyPatch) -> Registry:
    """In place of SageMaker's client."""
    found = Registry()
    client: Callable[[str], Registry] = lambda _: found  # noqa: E731
    monkeypatch.setattr(aws, "client", client)
    return found


@pytest.mark.parametrize("reason", SAID)
def test_a_reason_of_several_lines_is_one_line_in_the_registry(
    sagemaker: Registry, reason: str
) -> None:
    registry.decide(ARN, "Rejected", f"ada@example.com: {reason}")
    registry.mark(ARN, "Staging", "Rejected", reason)

    decided, marked = sagemaker.asked
    assert decided["ApprovalDescription"].startswith(f"ada@example.com: {reason[:4]}")
    assert marked["ModelLifeCycle"]["StageDescription"].startswith(reason[:4])
