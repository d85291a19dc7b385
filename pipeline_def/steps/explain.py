"""What moves the scores, and for whom the model is good: importances and segments."""

import csv
import io
from collections.abc import Callable
from typing import Any

import numpy as np
from booster import import_xgboost

LEAST_ROWS = 20  # of a segment: fewer say nothing


def importances(model: Any, requests: str, encoder: dict[str, Any]) -> list[dict[str, Any]]:
    """Return each column's mean |SHAP value| (in the margin's unit), the strongest first."""
    import features

    rows = list(csv.reader(io.StringIO(requests)))
    matrix = np.array(features.encode(encoder, rows), dtype=np.float32)
    shap = model.booster.predict(
        import_xgboost().DMatrix(matrix, feature_names=features.names(encoder)), pred_contribs=True
    )[:, :-1]
    columns: dict[str, Any] = {}
    for at, feature in enumerate(encoder["features"]):
        columns[feature["column"]] = columns.get(feature["column"], 0.0) + shap[:, at]
    means = {name: float(np.mean(np.abs(values))) for name, values in columns.items()}
    ranked = sorted(means.items(), key=lambda item: (-item[1], item[0]))
    return [{"column": name, "mean_abs_shap": value} for name, value in ranked]


def segments(
    labels: Any,
    rows: list[list[str]],
    encoder: dict[str, Any],
    names: list[str],
    judge: Callable[[Any], dict[str, float]],
) -> dict[str, Any]:
    """Return the figures of each value of each column in `names` that has enough rows.

    `judge` gives the figures of a choice of rows (an array of booleans). A value with too few rows,
    or with one class alone, has its number of rows and no figures.
    """
    columns = [column["name"] for column in encoder["columns"]]
    found: dict[str, Any] = {}
    for name in names:
        values = np.array([row[columns.index(name)] for row in rows])
        for value in sorted(set(values.tolist())):
            at = values == value
            entry: dict[str, Any] = {"rows": int(at.sum())}
            if at.sum() >= LEAST_ROWS and len(set(labels[at].tolist())) > 1:
                entry.update(judge(at))
            found.setdefault(name, {})[value] = entry
    return found
