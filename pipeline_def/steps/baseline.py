"""A linear model on the same features: the bar that trees have to clear."""

from typing import Any

import features
import numpy as np
from settings import BINARY

RIDGE = 1.0  # pulls weights of rare categories to zero, and keeps the equations solvable
STEPS = 12  # Newton's method on a convex problem; it has converged long before


def linear_scores(
    encoder: features.Encoder,
    labels: list[float],
    train_rows: list[list[str]],
    rows: list[list[str]],
) -> Any:
    """Return the scores of `rows` by a logistic (or linear) regression fitted on the train rows."""
    known = np.array(features.encode(encoder, train_rows))
    asked = np.array(features.encode(encoder, rows))
    mean = np.nanmean(known, axis=0)
    spread = np.nanstd(known, axis=0)
    spread[spread == 0] = 1.0
    known, asked = (_standard(part, mean, spread) for part in (known, asked))
    truth = np.array(labels)
    if encoder["problem"] != BINARY:
        penalty = RIDGE * np.eye(known.shape[1])
        penalty[-1, -1] = 0.0
        return asked @ np.linalg.solve(known.T @ known + penalty, known.T @ truth)
    return 1 / (1 + np.exp(-np.clip(asked @ _logistic(known, truth), -30, 30)))


def _standard(part: Any, mean: Any, spread: Any) -> Any:
    """Return the standardised matrix with a constant last column; missing values are the mean."""
    scaled = np.nan_to_num((part - mean) / spread, nan=0.0)
    return np.hstack([scaled, np.ones((len(part), 1))])


def _logistic(matrix: Any, truth: Any) -> Any:
    weights = np.zeros(matrix.shape[1])
    penalty = RIDGE * np.eye(len(weights))
    penalty[-1, -1] = 0.0
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(matrix @ weights, -30, 30)))
        curvature = (matrix.T * (chance * (1 - chance))) @ matrix + penalty
        weights -= np.linalg.solve(curvature, matrix.T @ (chance - truth) + penalty @ weights)
    return weights
