"""The formats that the image reads and writes by itself."""

import io
import json
from typing import Any

from sagemaker_containers.beta.framework import errors  # type: ignore[import-not-found]

CSV, JSON, NPY = "text/csv", "application/json", "application/x-npy"
LIBSVM = ("text/libsvm", "text/x-libsvm")


def media_type(content_type: str) -> str:
    """The type without its parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()


def decode(content: Any, content_type: str) -> Any:
    """A request's body as DMatrix. Raises UnsupportedFormatError for a type that is not read."""
    kind = media_type(content_type)
    if kind == CSV:
        return csv_matrix(content if isinstance(content, str) else content.decode())
    if kind in LIBSVM:
        return libsvm_matrix(content if isinstance(content, str) else content.decode())
    raise errors.UnsupportedFormatError(kind)


def csv_matrix(text: str) -> Any:
    """CSV rows of numbers; an empty field is a missing value. Raises ValueError for other text."""
    import numpy
    import xgboost

    rows = [
        [field or "nan" for field in line.split(",")] for line in text.strip().splitlines() if line
    ]
    return xgboost.DMatrix(numpy.array(rows).astype(float))


def libsvm_matrix(text: str) -> Any:
    """libsvm lines (``label index:value …``). Raises ValueError for other text."""
    import numpy
    import xgboost
    from scipy.sparse import csr_matrix  # type: ignore[import-untyped]

    rows, columns, values = [], [], []
    for row, line in enumerate(text.strip().splitlines()):
        for item in line.split():
            if ":" in item:
                column, _, value = item.partition(":")
                rows.append(row)
                columns.append(int(column))
                values.append(float(value))
    return xgboost.DMatrix(csr_matrix((numpy.array(values), (rows, columns))))


def predict(data: Any, model: Any) -> Any:
    """The default predict_fn."""
    return model.predict(data, validate_features=False)


def encode(prediction: Any, accept: str) -> bytes:
    """A prediction in the type asked for. Raises UnsupportedFormatError for others."""
    import numpy

    if accept == JSON:
        return json.dumps(prediction, default=lambda value: value.tolist()).encode()
    if accept == CSV:
        table = numpy.array(prediction)
        rows = table.reshape(-1, 1) if table.ndim <= 1 else table
        return "".join(",".join(str(cell) for cell in row) + "\n" for row in rows).encode()
    if accept == NPY:
        stream = io.BytesIO()
        numpy.save(stream, prediction)
        return stream.getvalue()
    raise errors.UnsupportedFormatError(accept)
