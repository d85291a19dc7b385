"""The pipeline's refusal, read back as numbers beside their thresholds."""

from domain.evidence import Bound
from domain.gate import figures


def test_each_figure_is_read_with_its_bound() -> None:
    said = "The model is not good enough: auc 0.81 (at least 0.85) mse 6.5e0 (at most 6.0)"
    assert figures(said) == [(Bound("auc", 0.85), 0.81), (Bound("mse", high=6.0), 6.5)]


def test_a_figure_that_could_not_be_computed_is_none() -> None:
    assert figures("auc NaN (at least 0.85)") == [(Bound("auc", 0.85), None)]


def test_another_message_has_no_figures() -> None:
    assert figures("The challenger is not better") == []
