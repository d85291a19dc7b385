"""The metrics that staging recomputes."""

import math
from itertools import product
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain import scoring

SCORES = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.5000001, 0.75, 1.0])
PAIRS = st.lists(st.tuples(st.sampled_from([0.0, 1.0]), SCORES), max_size=40)


def _pair_count(labels: list[float], scores: list[float]) -> float:
    """The definition: how often a positive is scored above a negative; ties count half."""
    high = [score for label, score in zip(labels, scores, strict=True) if label == 1.0]
    low = [score for label, score in zip(labels, scores, strict=True) if label == 0.0]
    wins = sum(1.0 if a > b else 0.5 if a == b else 0.0 for a, b in product(high, low))
    return wins / (len(high) * len(low))


@given(PAIRS)
def test_auc_is_the_share_of_pairs_in_the_right_order(pairs: list[tuple[float, float]]) -> None:
    labels, scores = [label for label, _ in pairs], [score for _, score in pairs]
    assume(len(set(labels)) == 2)

    assert scoring.roc_auc(labels, scores) == pytest.approx(_pair_count(labels, scores))


@given(PAIRS, st.randoms(use_true_random=False))
def test_auc_does_not_depend_on_the_order_of_rows(
    pairs: list[tuple[float, float]], rng: Random
) -> None:
    assume({label for label, _ in pairs} == {0.0, 1.0})
    shuffled = list(pairs)
    rng.shuffle(shuffled)

    one, two = (scoring.roc_auc(*zip(*rows, strict=True)) for rows in (pairs, shuffled))

    assert one == pytest.approx(two)


@pytest.mark.parametrize("labels", [[], [1.0, 1.0], [0.0]])
def test_auc_is_unknown_where_one_class_is_missing(labels: list[float]) -> None:
    assert math.isnan(scoring.roc_auc(labels, [0.5] * len(labels)))


def test_auc_is_unknown_where_a_score_is_no_number() -> None:
    """An endpoint may answer anything; ranking NaN by equality would never end."""
    assert math.isnan(scoring.roc_auc([1.0, 0.0], [math.nan, 0.5]))


def test_auc_is_what_scikit_learn_gives_for_its_own_example() -> None:
    # https://scikit-learn.org/stable/modules/generated/sklearn.metrics.roc_auc_score.html
    assert scoring.roc_auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]) == 0.75


def test_rmse_has_the_unit_of_the_label() -> None:
    assert scoring.rmse([1.0, 2.0, 3.0], [1.0, 2.0, 6.0]) == pytest.approx(math.sqrt(3))


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0, 1))
def test_a_percentile_is_one_of_the_values_and_covers_its_share(
    values: list[float], share: float
) -> None:
    found = scoring.percentile(values, share)

    assert found in values
    # The same product as a rank: at least that many values lie at or below it.
    assert sum(value <= found for value in values) >= min(
        len(values), math.ceil(share * len(values))
    )


def test_a_percentile_of_nothing_is_unknown() -> None:
    assert math.isnan(scoring.percentile([], 0.95))


@given(st.lists(st.floats(0, 1e4)))
def test_a_histogram_counts_every_value_once(values: list[float]) -> None:
    bars = scoring.histogram(values, (5.0, 100.0, 5000.0))

    assert sum(count for _, count in bars) == len(values)


def test_a_value_on_a_bound_counts_below_it_and_a_huge_one_in_the_last_bar() -> None:
    bars = scoring.histogram([5.0, 5.1, 99999.0], (5.0, 100.0))

    assert bars == [(5.0, 1), (100.0, 2)]
