"""What the endpoint runs: raw rows in, scores out; a bad row is refused, never guessed.

SageMaker's XGBoost container (script mode, one model) calls model_fn once per worker, transform_fn
for each request. It turns any exception into a 500: a refusal must be *returned*, as its Response.

In:  text/csv (raw rows in the table's order, no header, no label) or application/json
     {"instances": [{column: value}, …]}.
Out: text/csv (a score per line) or application/json {"predictions": [{"score": 0.12}, …]}; in the
     format of the request if the caller accepts anything.
Refused: 400 for rows that do not fit, 415 and 406 for formats; the body is {"error": …}.
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

CSV, JSON = "text/csv", "application/json"


class RefusedError(Exception):
    """The request cannot be answered, by the caller's fault: an HTTP status and the reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status_code, self.reason = status, reason


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


def transform_fn(model: Model, body: Any, content_type: str, accept: str) -> Any:
    """Answer one request: (body, content type), or the container's Response with a 4xx status."""
    try:
        kind = _format(content_type)
        wanted = _wanted(accept, kind)
        return write(score(model, read(body, kind)), wanted), wanted
    except RefusedError as error:
        return _refusal(error)


def _refusal(error: RefusedError) -> Any:
    """Return the Response of the container's web framework; outside of it, raise the error."""
    try:
        from sagemaker_containers.beta.framework import worker  # type: ignore[import-not-found]
    except ImportError:
        raise error from None
    text = json.dumps({"error": error.reason})
    return worker.Response(response=text, status=error.status_code, mimetype=JSON)


def _format(content_type: str) -> str:
    kind = (content_type or CSV).split(";")[0].strip().lower()
    if kind not in (CSV, JSON):
        raise RefusedError(415, f"content type {kind} is not supported; send {CSV} or {JSON}")
    return kind


def _wanted(accept: str, asked: str) -> str:
    """Return the first format of `accept` that can be written, the request's for "anything"."""
    for part in (accept or "*/*").split(","):
        kind = part.split(";")[0].strip().lower()
        if kind in ("*/*", ""):
            return asked
        if kind in (CSV, "text/*"):
            return CSV
        if kind in (JSON, "application/*"):
            return JSON
    raise RefusedError(406, f"cannot answer {accept}; ask for {CSV} or {JSON}")


def read(body: Any, kind: str) -> list[Any]:
    """Return the rows of a request: lists of text (CSV) or dicts by column (JSON)."""
    text = _text(body)
    return _csv_rows(text) if kind == CSV else _json_rows(text)


def _text(body: Any) -> str:
    if isinstance(body, str):
        return body
    try:
        return bytes(body).decode("utf-8")
    except UnicodeDecodeError as error:
        raise RefusedError(400, f"the body is not UTF-8 text: {error}") from error


def _csv_rows(text: str) -> list[Any]:
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise RefusedError(400, f"the body cannot be read as CSV: {error}") from error
    rows = [row for row in rows if row]
    if not rows:
        raise RefusedError(400, "the body has no rows")
    return rows


def _json_rows(text: str) -> list[Any]:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RefusedError(400, f"the body is not JSON: {error}") from error
    rows = body.get("instances") if isinstance(body, dict) else None
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise RefusedError(
            400, 'the body must be {"instances": [{column: value, …}, …]}, at least one'
        )
    return rows


def score(model: Model, rows: list[Any]) -> list[float]:
    """Return one score per row."""
    columns = [column["name"] for column in model.encoder["columns"]]
    if isinstance(rows[0], dict):
        rows = [_by_name(row, index, model.encoder["columns"]) for index, row in enumerate(rows)]
    elif [field.strip() for field in rows[0]] == columns:
        raise RefusedError(400, "the first line is a header; send the rows alone")
    try:
        matrix = features.encode(model.encoder, rows)
    except features.RowError as error:
        raise RefusedError(400, str(error)) from error
    asked = boosting.import_xgboost().DMatrix(
        np.array(matrix, dtype=np.float32),
        feature_names=features.names(model.encoder),
        nthread=1,
    )
    scores = model.booster.predict(asked)
    return [float(value) for value in scores]


def _by_name(row: dict[str, Any], index: int, columns: list[dict[str, str]]) -> list[str]:
    """Return a JSON instance as a raw row; columns that the model drops may be left out."""
    known = {column["name"] for column in columns}
    unknown = sorted(set(row) - known)
    if unknown:
        raise RefusedError(
            400, f"row {index + 1} has a column '{unknown[0]}' that the model does not know"
        )
    wanted = [column["name"] for column in columns if column["type"] != "dropped"]
    missing = [name for name in wanted if name not in row]
    if missing:
        raise RefusedError(400, f"row {index + 1} has no column '{missing[0]}'")
    return [_field(row.get(column["name"]), index, column["name"]) for column in columns]


def _field(value: Any, index: int, name: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise RefusedError(400, f"row {index + 1}, column '{name}' must be text or a number")
    return str(value)


def write(scores: list[float], kind: str) -> bytes:
    """Return the body: nine digits say all of a float32, in both formats the same."""
    texts = [f"{score:.9g}" for score in scores]
    if kind == CSV:
        return "".join(f"{text}\n" for text in texts).encode()
    return json.dumps({"predictions": [{"score": float(text)} for text in texts]}).encode()
