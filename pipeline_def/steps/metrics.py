"""Figures of a model's scores, in numpy: exact, with ties handled, and without scikit-learn.

scikit-learn takes seconds to import; `tests/integration/pipeline_def` compares each figure with it.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

Array = Any  # a one-dimensional numpy array


def _steps(labels: Array, scores: Array) -> tuple[Array, Array, Array]:
    """Return (true positives, false positives, threshold) at each distinct score, highest first."""
    order = np.argsort(-scores, kind="stable")
    labels, scores = np.asarray(labels, dtype=float)[order], np.asarray(scores)[order]
    last = np.r_[np.nonzero(np.diff(scores))[0], len(scores) - 1]
    hits = np.cumsum(labels)[last]
    return hits, last + 1 - hits, scores[last]


def auc(labels: Array, scores: Array) -> float:
    """Return the area under the ROC curve; 0.5 for scores that say nothing."""
    hits, misses, _ = _steps(labels, scores)
    tpr, fpr = np.r_[0.0, hits] / hits[-1], np.r_[0.0, misses] / misses[-1]
    return float(np.sum(np.diff(fpr) * (tpr[1:] + tpr[:-1]) / 2))


def average_precision(labels: Array, scores: Array) -> float:
    """Return the mean precision over recall, without interpolation (as scikit-learn defines it)."""
    hits, misses, _ = _steps(labels, scores)
    recall = np.r_[0.0, hits / hits[-1]]
    return float(np.sum(np.diff(recall) * hits / (hits + misses)))


def best_threshold(labels: Array, scores: Array) -> float:
    """Return the score at and above which a row counts as positive, where F1 is best."""
    hits, misses, thresholds = _steps(labels, scores)
    value = 2 * hits / (hits[-1] + hits + misses)
    return float(thresholds[int(np.argmax(value))])


def confusion(labels: Array, positive: Array) -> dict[str, int]:
    """Return the counts {"tp", "fp", "fn", "tn"} of decisions against labels."""
    truth, said = np.asarray(labels) == 1, np.asarray(positive, dtype=bool)
    return {
        "tp": int(np.sum(truth & said)),
        "fp": int(np.sum(~truth & said)),
        "fn": int(np.sum(truth & ~said)),
        "tn": int(np.sum(~truth & ~said)),
    }


def ratio(part: float, whole: float) -> float:
    """Return part / whole, 0 where there is nothing to divide by."""
    return part / whole if whole else 0.0


def f1(labels: Array, positive: Array) -> float:
    """Return the harmonic mean of precision and recall."""
    return f_beta(confusion(labels, positive), 1.0)


def f_beta(counts: dict[str, int], beta: float) -> float:
    """Return F-beta of a confusion matrix."""
    weight = beta * beta
    hits = (1 + weight) * counts["tp"]
    return ratio(hits, hits + weight * counts["fn"] + counts["fp"])


def deviation(
    figure: Callable[[Array, Array], float], labels: Array, scores: Array, rounds: int = 200
) -> float:
    """Return the bootstrap standard deviation of a figure: the noise of so many test rows."""
    draw = np.random.RandomState(7)  # the one generator whose stream numpy promises to keep
    labels, scores = np.asarray(labels), np.asarray(scores)
    values = []
    for _ in range(rounds):
        sample = draw.randint(0, len(labels), len(labels))
        if len(np.unique(labels[sample])) > 1:
            values.append(figure(labels[sample], scores[sample]))
    return float(np.std(values)) if values else 0.0


def roc_curve(labels: Array, scores: Array, points: int) -> tuple[list[float], list[float]]:
    """Return (false positive rates, true positive rates), thinned to at most `points`."""
    hits, misses, _ = _steps(labels, scores)
    fpr, tpr = np.r_[0.0, misses / misses[-1]], np.r_[0.0, hits / hits[-1]]
    keep = _thin(len(fpr), points)
    return [float(value) for value in fpr[keep]], [float(value) for value in tpr[keep]]


def precision_recall_curve(
    labels: Array, scores: Array, points: int
) -> tuple[list[float], list[float]]:
    """Return (precisions, recalls) from the highest threshold on, thinned to at most `points`."""
    hits, misses, _ = _steps(labels, scores)
    precision, recall = hits / (hits + misses), hits / hits[-1]
    keep = _thin(len(recall), points)
    return [float(value) for value in precision[keep]], [float(value) for value in recall[keep]]


def _thin(length: int, points: int) -> Array:
    return np.unique(np.linspace(0, length - 1, min(length, points)).round().astype(int))
