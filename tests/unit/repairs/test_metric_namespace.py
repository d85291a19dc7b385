"""IAM decides about the namespace that a request puts metrics into."""

from __future__ import annotations

import json

import pytest

from localcloud.repairs.metric_namespace import namespace_of

pytestmark = pytest.mark.unit


def test_the_namespace_of_a_request_is_found() -> None:
    request = {"Namespace": "Slipway", "MetricData": []}
    assert namespace_of(json.dumps(request).encode()) == "Slipway"


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"Namespace=Slipway"])
def test_a_request_without_a_namespace_is_left_to_the_base(body: bytes) -> None:
    assert namespace_of(body) is None
