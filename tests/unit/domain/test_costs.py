"""The monthly cost of an endpoint: dated list prices, and unknown where the table has none."""

import pytest

from domain.costs import HOURLY, cost_of_change, describe, monthly
from domain.stages import Autoscaling, Instances, Serverless, Stage


def test_instances_cost_by_the_hour() -> None:
    assert monthly(Instances("ml.m5.large", 2)) == pytest.approx(2 * 0.115 * 730)


def test_an_unknown_type_is_unknown_and_never_zero() -> None:
    cost = cost_of_change(None, Stage("production", Instances("ml.new.large", 1)))
    assert (cost.before, cost.after) == (0.0, None)
    assert "ml.new.large is not in the table" in cost.basis


def test_serverless_costs_nothing_at_rest_and_says_what_answering_costs() -> None:
    cost = cost_of_change(Instances("ml.m5.large", 1), Stage("staging", Serverless(2048, 5)))
    assert cost.after == 0.0
    assert "Serverless, 2048 MB: nothing at rest, $0.000040 per second" in cost.basis


def test_the_basis_names_region_and_day_and_that_another_region_differs() -> None:
    stage = Stage("production", Instances("ml.m5.large", 1))
    assert "us-east-1, copied on 20" in cost_of_change(None, stage).basis
    assert "differ" not in cost_of_change(None, stage).basis
    assert (
        "This stack is in eu-west-1, where prices differ."
        in cost_of_change(None, stage, "eu-west-1").basis
    )


def test_staging_says_that_nobody_pays_a_month_of_it() -> None:
    paid = "so this is paid for hours of it"
    assert paid in cost_of_change(None, Stage("staging", Instances("ml.m5.large", 1))).basis
    assert paid not in cost_of_change(None, Stage("production", Instances("ml.m5.large", 1))).basis


def test_autoscaling_says_how_far_it_goes() -> None:
    stage = Stage("production", Instances("ml.m5.large", 1), autoscaling=Autoscaling(1, 4, 1000))
    assert "keeps 1 to 4 instances, at most $336." in cost_of_change(None, stage).basis


def test_every_price_is_a_plausible_hourly_price() -> None:
    assert all(kind.startswith("ml.") and 0 < price < 50 for kind, price in HOURLY.items())


def test_capacity_is_described_in_one_phrase() -> None:
    assert describe(Instances("ml.m5.large", 1)) == "1 × ml.m5.large"
    assert describe(Serverless(2048, 5)) == "serverless, 2048 MB"
