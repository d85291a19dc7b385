"""The few metrics that staging recomputes, without a compiled library.

They are the same figures that `evaluate.py` got from scikit-learn: the unit tests compare them.
"""

import math
from collections.abc import Sequence


def roc_auc(labels: Sequence[float], scores: Sequence[float]) -> float:
    """Area under the ROC curve; ties count half. NaN where one class, or a score, is missing."""
    if any(math.isnan(score) for score in scores):
        return math.nan
    positives = sum(1 for label in labels if label > 0.5)
    negatives = len(labels) - positives
    if not positives or not negatives:
        return math.nan
    order = sorted(range(len(scores)), key=lambda index: scores[index])
    rank_sum, start = 0.0, 0
    while start < len(order):
        end = start
        while end < len(order) and scores[order[end]] == scores[order[start]]:
            end += 1
        mean_rank = (start + 1 + end) / 2
        rank_sum += mean_rank * sum(1 for index in order[start:end] if labels[index] > 0.5)
        start = end
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)


def rmse(labels: Sequence[float], scores: Sequence[float]) -> float:
    """Root mean squared error, in the unit of the label."""
    total = sum((label - score) ** 2 for label, score in zip(labels, scores, strict=True))
    return math.sqrt(total / len(labels))


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile; `share` from 0 to 1. NaN for no values."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))]


def histogram(values: Sequence[float], bounds: Sequence[float]) -> list[tuple[float, int]]:
    """Counts of `values` up to each upper bound; what is above the last counts there."""
    counts = [0] * len(bounds)
    for value in values:
        place = next((i for i, bound in enumerate(bounds) if value <= bound), len(bounds) - 1)
        counts[place] += 1
    return list(zip(bounds, counts, strict=True))
