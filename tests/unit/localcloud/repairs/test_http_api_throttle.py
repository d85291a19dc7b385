"""The token bucket that an HTTP API's stage gives each of its routes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.repairs.http_api_throttle import ACCOUNT, Bucket, as_the_api_says, limits


def bucket(rate: float, burst: float) -> Bucket:
    return Bucket(rate, burst, burst, 0.0)


def test_a_burst_passes_and_what_is_above_it_does_not() -> None:
    one = bucket(rate=20, burst=40)

    assert [one.take(0.0) for _ in range(50)] == [True] * 40 + [False] * 10


def test_tokens_come_back_with_the_rate_and_never_above_the_burst() -> None:
    one = bucket(rate=2, burst=3)
    assert [one.take(0.0) for _ in range(4)] == [True, True, True, False]

    assert [one.take(1.0) for _ in range(3)] == [True, True, False]
    assert [one.take(3600.0) for _ in range(4)] == [True, True, True, False]


@given(st.lists(st.floats(0, 2), min_size=1, max_size=300), st.integers(1, 30), st.integers(1, 9))
def test_no_pattern_of_requests_gets_more_than_burst_and_rate_allow(
    pauses: list[float], rate: int, burst: int
) -> None:
    one, now, passed = bucket(rate, burst), 0.0, 0
    for pause in pauses:
        now += pause
        passed += one.take(now)
        assert passed <= burst + rate * now + 1e-6


SET = {"throttlingRateLimit": 20, "throttlingBurstLimit": 40}


@pytest.mark.parametrize(
    ("stage", "expected"),
    [
        ({}, tuple(ACCOUNT.values())),
        ({"defaultRouteSettings": SET}, (20, 40)),
        ({"defaultRouteSettings": {"throttlingBurstLimit": "9"}}, (10_000, 9)),
        (
            {
                "defaultRouteSettings": SET,
                "routeSettings": {"GET /": {"throttlingBurstLimit": 2}, "POST /": SET},
            },
            (20, 2),
        ),
        ({"defaultRouteSettings": None, "routeSettings": {"GET /": None}}, tuple(ACCOUNT.values())),
        ({"defaultRouteSettings": dict.fromkeys(SET, 0)}, (0, 0)),
    ],
)
def test_a_route_s_own_limits_go_before_the_stage_s_and_those_before_the_account_s(
    stage: dict[str, object], expected: tuple[float, float]
) -> None:
    assert limits(stage, "GET /") == expected


def test_a_template_s_settings_are_kept_by_the_api_s_names() -> None:
    given = {"ThrottlingRateLimit": 20, "ThrottlingBurstLimit": 40}
    assert as_the_api_says(given) == SET
