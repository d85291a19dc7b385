"""The encoder: raw rows to numbers, learnt from the training rows and packed with the model.

Shared by preprocess (learns it), train, evaluate and inference (apply it), so that the endpoint
cannot encode a row in another way than training did. Standard library only.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

Encoder = dict[str, Any]

NAN = math.nan
_REFUSED = str.maketrans("[]<", "()‹")  # by XGBoost, in the name of a feature
LARGEST = 3.4e38  # what a 32-bit float, as the model has them, can hold


class RowError(ValueError):
    """A raw row cannot be encoded; the text names row, column and value."""


def learn(columns: Mapping[str, str], rows: Sequence[Sequence[str]], rare: int) -> Encoder:
    """Return the encoder for raw rows (all columns but the label, missing values as '').

    A categorical column becomes one 0/1 feature per value that at least `rare` rows have; other
    values, and those never seen, are all zeros. Numbers stay as they are, missing ones are NaN.
    """
    features: list[dict[str, Any]] = []
    for at, (name, kind) in enumerate(columns.items()):
        if kind == "numeric":
            features.append({"column": name, "at": at})
        elif kind == "categorical":
            seen = Counter(row[at] for row in rows if row[at] != "")
            values = sorted(value for value, count in seen.items() if count >= rare)
            features.extend({"column": name, "at": at, "value": value} for value in values)
    return {
        "format": 1,
        "columns": [{"name": name, "type": kind} for name, kind in columns.items()],
        "features": features,
    }


def names(encoder: Encoder) -> list[str]:
    """Return the name of each feature as XGBoost takes it: without [, ] and <, and each once."""
    found: dict[str, None] = {}
    for feature in encoder["features"]:
        column = feature["column"]
        name = f"{column}={feature['value']}" if "value" in feature else column
        name = name.translate(_REFUSED)
        found[name if name not in found else f"{name} #{len(found)}"] = None
    return list(found)


def encode(encoder: Encoder, rows: Sequence[Sequence[str]]) -> list[list[float]]:
    """Return the matrix (rows × features) of raw rows; raise RowError for one that does not fit."""
    columns = encoder["columns"]
    numeric = [at for at, column in enumerate(columns) if column["type"] == "numeric"]
    width = len(encoder["features"])
    plain = [(to, f["at"]) for to, f in enumerate(encoder["features"]) if "value" not in f]
    hot = {(f["at"], f["value"]): to for to, f in enumerate(encoder["features"]) if "value" in f}
    categorical = sorted({at for at, _ in hot})
    matrix = []
    for index, row in enumerate(rows):
        if len(row) != len(columns):
            raise RowError(
                f"row {index + 1} has {len(row)} fields instead of {len(columns)}:"
                f" {', '.join(column['name'] for column in columns)}"
            )
        numbers = {at: _number(row[at], index, columns[at]["name"]) for at in numeric}
        encoded = [0.0] * width
        for to, at in plain:
            encoded[to] = numbers[at]
        for at in categorical:
            to = hot.get((at, row[at].strip()), -1)
            if to >= 0:
                encoded[to] = 1.0
        matrix.append(encoded)
    return matrix


def _number(text: str, index: int, name: str) -> float:
    text = text.strip()
    if text == "":
        return NAN
    try:
        value = NAN if "_" in text else float(text)  # float() takes 1_000, no table means it
    except ValueError:
        value = NAN
    if not -LARGEST < value < LARGEST:
        raise RowError(f"row {index + 1}, column '{name}': '{text[:40]}' is not a number")
    return value
