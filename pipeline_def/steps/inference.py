"""What the endpoint runs: raw rows in, scores out; a bad row is refused, never guessed.

SageMaker's XGBoost container calls model_fn once, then input_fn, predict_fn and output_fn for each
request (script mode). Its server answers with the `status_code` of an exception that derives from
sagemaker_inference's BaseInferenceToolkitError, and with 500 for any other.

In:  text/csv (raw rows in the table's order, no header, no label) or application/json
     {"instances": [{column: value}, …]}.
Out: text/csv (a score per line) or application/json {"predictions": [{"score": 0.12}, …]}.
"""

import csv
import io
import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parent))  # features.py and booster.py lie beside this file

import booster as boosting
import features
import numpy as np

try:
    from sagemaker_inference.errors import (  # type: ignore[import-not-found]
        BaseInferenceToolkitError,
    )
except ImportError:  # outside the container

    class BaseInferenceToolkitError(Exception):  # type: ignore[no-redef]
        """The base class of sagemaker_inference, for servers that follow its contract."""

        def __init__(self, status_code: int, message: str, phrase: str) -> None:
            self.status_code, self.message, self.phrase = status_code, message, phrase
            super().__init__(status_code, message, phrase)


class BadRequest(BaseInferenceToolkitError):  # type: ignore[misc]
    """The rows of the request do not fit the model's columns: 400."""

    def __init__(self, message: str) -> None:
        super().__init__(400, message, message)


class UnsupportedType(BaseInferenceToolkitError):  # type: ignore[misc]
    """The request is in a format that this model does not read: 415."""

    def __init__(self, message: str) -> None:
        super().__init__(415, message, message)


class NotAcceptable(BaseInferenceToolkitError):  # type: ignore[misc]
    """The caller wants a format that this model does not write: 406."""

    def __init__(self, message: str) -> None:
        super().__init__(406, message, message)


class Model(NamedTuple):
    """The booster and the encoder that belongs to it."""

    booster: Any
    encoder: features.Encoder


def model_fn(model_dir: str) -> Model:
    """Load what train packed; raise ModelVersionError for another xgboost's file."""
    folder = Path(model_dir)
    encoder = json.loads((folder / "features.json").read_text(encoding="utf-8"))
    booster = boosting.load(folder / "model.ubj")
    booster.set_param({"nthread": 1})  # a request is small: threads would cost more than they do
    return Model(booster, encoder)


def input_fn(request_body: Any, content_type: str) -> list[Any]:
    """Return the rows of a request: lists of text (CSV) or dicts by column (JSON)."""
    text = _text(request_body)
    kind = (content_type or "text/csv").split(";")[0].strip().lower()
    if kind == "text/csv":
        return _csv_rows(text)
    if kind == "application/json":
        return _json_rows(text)
    raise UnsupportedType(
        f"content type {kind} is not supported; send text/csv or application/json"
    )


def _text(body: Any) -> str:
    if isinstance(body, str):
        return body
    try:
        return bytes(body).decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadRequest(f"the body is not UTF-8 text: {error}") from error


def _csv_rows(text: str) -> list[Any]:
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise BadRequest(f"the body cannot be read as CSV: {error}") from error
    rows = [row for row in rows if row]
    if not rows:
        raise BadRequest("the body has no rows")
    return rows


def _json_rows(text: str) -> list[Any]:
    try:
        body = json.loads(text)
    except ValueError as error:
        raise BadRequest(f"the body is not JSON: {error}") from error
    rows = body.get("instances") if isinstance(body, dict) else None
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise BadRequest('the body must be {"instances": [{column: value, …}, …]}, at least one')
    return rows


def predict_fn(rows: list[Any], model: Model) -> list[float]:
    """Return one score per row."""
    columns = [column["name"] for column in model.encoder["columns"]]
    if isinstance(rows[0], dict):
        rows = [_by_name(row, index, model.encoder["columns"]) for index, row in enumerate(rows)]
    elif [field.strip() for field in rows[0]] == columns:
        raise BadRequest("the first line is a header; send the rows alone")
    try:
        matrix = features.encode(model.encoder, rows)
    except features.RowError as error:
        raise BadRequest(str(error)) from error
    asked = boosting.import_xgboost().DMatrix(
        np.array(matrix, dtype=np.float32),
        feature_names=features.names(model.encoder),
        nthread=1,
    )
    scores = model.booster.predict(asked)
    return [float(score) for score in scores]


def _by_name(row: dict[str, Any], index: int, columns: list[dict[str, str]]) -> list[str]:
    """Return a JSON instance as a raw row; columns that the model drops may be left out."""
    known = {column["name"] for column in columns}
    unknown = sorted(set(row) - known)
    if unknown:
        raise BadRequest(
            f"row {index + 1} has a column '{unknown[0]}' that the model does not know"
        )
    wanted = [column["name"] for column in columns if column["type"] != "dropped"]
    missing = [name for name in wanted if name not in row]
    if missing:
        raise BadRequest(f"row {index + 1} has no column '{missing[0]}'")
    return [_field(row.get(column["name"]), index, column["name"]) for column in columns]


def _field(value: Any, index: int, name: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise BadRequest(f"row {index + 1}, column '{name}' must be text or a number")
    return str(value)


def output_fn(scores: list[float], accept: str) -> tuple[bytes, str]:
    """Return (body, content type) in the first format of `accept` that can be written."""
    kinds = [part.split(";")[0].strip().lower() for part in (accept or "text/csv").split(",")]
    for kind in kinds:
        if kind in ("text/csv", "*/*", "text/*", ""):
            return "".join(f"{score:.9g}\n" for score in scores).encode(), "text/csv"
        if kind == "application/json":
            predictions = [{"score": float(f"{score:.9g}")} for score in scores]
            return json.dumps({"predictions": predictions}).encode(), "application/json"
    raise NotAcceptable(f"cannot answer {accept}; ask for text/csv or application/json")
