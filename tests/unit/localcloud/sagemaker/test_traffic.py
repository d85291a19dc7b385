"""Who gets the next request."""

from __future__ import annotations

from collections import Counter
from typing import Any, cast

import pytest

from localcloud.sagemaker.endpoints.fleet import Fleet
from localcloud.sagemaker.endpoints.traffic import NoVariantError, Route, Traffic


def fleet(variant: str) -> Fleet:
    return Fleet("endpoint", "config", variant, cast(Any, None))


def test_a_chosen_fleet_counts_its_request_at_once() -> None:
    traffic, old = Traffic(), fleet("A")
    traffic.set("endpoint", [Route(old, 1.0)])
    assert traffic.choose("endpoint") is old
    traffic.set("endpoint", [Route(fleet("A"), 1.0)])
    assert old.inflight == 1


def test_shares_follow_the_weights() -> None:
    traffic, many, few = Traffic(), fleet("A"), fleet("B")
    traffic.set("endpoint", [Route(many, 9.0), Route(few, 1.0)])
    seen = Counter(traffic.choose("endpoint").variant for _ in range(2000))
    assert 1600 < seen["A"] < 2000


def test_a_variant_without_weight_is_reached_by_name_only() -> None:
    traffic = Traffic()
    traffic.set("endpoint", [Route(fleet("A"), 1.0), Route(fleet("B"), 0.0)])
    assert {traffic.choose("endpoint").variant for _ in range(50)} == {"A"}
    assert traffic.choose("endpoint", "B").variant == "B"
    with pytest.raises(NoVariantError):
        traffic.choose("endpoint", "C")


def test_a_removed_endpoint_gets_nothing() -> None:
    traffic = Traffic()
    traffic.set("endpoint", [Route(fleet("A"), 1.0)])
    traffic.remove("endpoint")
    with pytest.raises(KeyError):
        traffic.choose("endpoint")
