"""Without autoscaling an endpoint runs on as many machines as its settings ask for."""

from __future__ import annotations

import pytest
from set_scaling.settling import settle

from adapters import endpoints
from adapters.endpoints import Live

ASKED = 2


@pytest.mark.parametrize(
    ("live", "settled", "set_to"),
    [
        pytest.param(Live("InService", "c", ASKED), True, [], id="as asked"),
        pytest.param(Live("InService", "c", 3), False, [ASKED], id="a floor has acted"),
        # SageMaker takes no change of an endpoint that is changing.
        pytest.param(Live("Updating", "c", 3), False, [], id="a floor is acting"),
        pytest.param(Live("Updating", "c", ASKED), False, [], id="on its way"),
        pytest.param(None, True, [], id="deleted meanwhile"),
    ],
)
def test_the_count_is_set_once_where_it_differs_and_the_endpoint_rests(
    monkeypatch: pytest.MonkeyPatch, live: Live | None, settled: bool, set_to: list[int]
) -> None:
    given: list[int] = []
    monkeypatch.setattr(endpoints, "look", lambda _, __: live)
    monkeypatch.setattr(endpoints, "set_count", lambda _, count, __: given.append(count))

    assert (settle("production", ASKED, "role"), given) == (settled, set_to)
