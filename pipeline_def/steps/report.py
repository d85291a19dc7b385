"""The evaluation as SageMaker's model-quality JSON, so that Studio and the registry can show it."""

from collections.abc import Callable
from typing import Any

import metrics
import numpy as np

CURVE_POINTS = 200
Array = Any


def _value(value: float, deviation: float) -> dict[str, float]:
    return {"value": round(float(value), 6), "standard_deviation": round(float(deviation), 6)}


def binary(labels: Array, scores: Array, threshold: float, rounds: int = 200) -> dict[str, Any]:
    """Return the model quality of probabilities; decisions are made at `threshold`.

    Deviations are bootstrapped from `rounds` samples of the rows (0: left at 0).
    """
    counts = metrics.confusion(labels, scores >= threshold)
    fpr, tpr = metrics.roc_curve(labels, scores, CURVE_POINTS)
    precisions, recalls = metrics.precision_recall_curve(labels, scores, CURVE_POINTS)
    figures = {
        "confusion_matrix": {
            "0": {"0": counts["tn"], "1": counts["fp"]},
            "1": {"0": counts["fn"], "1": counts["tp"]},
        },
        "auc": _value(
            metrics.auc(labels, scores), metrics.deviation(metrics.auc, labels, scores, rounds)
        ),
        "average_precision": _value(
            metrics.average_precision(labels, scores),
            metrics.deviation(metrics.average_precision, labels, scores, rounds),
        ),
        **_decisions(labels, scores >= threshold, rounds),
        **_constant(labels),
        "receiver_operating_characteristic_curve": {
            "false_positive_rates": fpr,
            "true_positive_rates": tpr,
        },
        "precision_recall_curve": {"precisions": precisions, "recalls": recalls},
    }
    return _quality("binary_classification_metrics", figures, len(labels))


def _decisions(labels: Array, positive: Array, rounds: int) -> dict[str, Any]:
    """Return the figures that depend on the threshold, each with its bootstrap deviation."""
    figures: dict[str, Callable[[dict[str, int]], float]] = {
        "accuracy": lambda c: metrics.ratio(c["tp"] + c["tn"], sum(c.values())),
        "precision": lambda c: metrics.ratio(c["tp"], c["tp"] + c["fp"]),
        "recall": lambda c: metrics.ratio(c["tp"], c["tp"] + c["fn"]),
        "true_positive_rate": lambda c: metrics.ratio(c["tp"], c["tp"] + c["fn"]),
        "true_negative_rate": lambda c: metrics.ratio(c["tn"], c["tn"] + c["fp"]),
        "false_positive_rate": lambda c: metrics.ratio(c["fp"], c["tn"] + c["fp"]),
        "false_negative_rate": lambda c: metrics.ratio(c["fn"], c["tp"] + c["fn"]),
        "f0_5": lambda c: metrics.f_beta(c, 0.5),
        "f1": lambda c: metrics.f_beta(c, 1.0),
        "f2": lambda c: metrics.f_beta(c, 2.0),
    }
    draw = np.random.RandomState(7)
    truth, said = np.asarray(labels), np.asarray(positive)
    counts = metrics.confusion(truth, said)
    samples = [draw.randint(0, len(truth), len(truth)) for _ in range(rounds)]
    resampled = [metrics.confusion(truth[at], said[at]) for at in samples]
    return {
        name: _value(figure(counts), _spread([figure(other) for other in resampled]))
        for name, figure in figures.items()
    }


def _spread(values: list[float]) -> float:
    return float(np.std(values)) if values else 0.0


def _constant(labels: Array) -> dict[str, Any]:
    """Return what the best constant answer reaches: below it a model is worth nothing."""
    share = float(np.mean(labels))
    always = metrics.confusion(labels, np.ones(len(labels), dtype=bool))
    return {
        "accuracy_best_constant_classifier": _value(max(share, 1 - share), 0.0),
        "precision_best_constant_classifier": _value(share, 0.0),
        "recall_best_constant_classifier": _value(1.0, 0.0),
        "f1_best_constant_classifier": _value(metrics.f_beta(always, 1.0), 0.0),
    }


def regression(labels: Array, scores: Array, rounds: int = 200) -> dict[str, Any]:
    """Return the model quality of predicted values."""
    figures: dict[str, Callable[[Array, Array], float]] = {
        "mse": lambda y, p: float(np.mean((y - p) ** 2)),
        "rmse": lambda y, p: float(np.sqrt(np.mean((y - p) ** 2))),
        "mae": lambda y, p: float(np.mean(np.abs(y - p))),
        "r2": lambda y, p: (
            1 - metrics.ratio(float(np.sum((y - p) ** 2)), float(np.sum((y - y.mean()) ** 2)))
        ),
    }
    values = {
        name: _value(figure(labels, scores), metrics.deviation(figure, labels, scores, rounds))
        for name, figure in figures.items()
    }
    return _quality("regression_metrics", values, len(labels))


def _quality(kind: str, figures: dict[str, Any], rows: int) -> dict[str, Any]:
    return {"version": 0.0, "dataset": {"item_count": rows}, kind: figures}
