"""The algorithm's own scoring, when no script is given: CSV or libsvm in, scores out.

As the image answers: 204 for an empty body, 415 for a body that cannot be read as its type (a JSON
body, a CSV with a header), 406 for a type it does not write, 400 when the model refuses the row.
"""

import json
import pickle
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import formats  # type: ignore[import-not-found]  # beside this module, at run time

ACCEPTED = (
    "application/json", "application/jsonlines", "application/x-recordio-protobuf", "text/csv",
)  # fmt: skip
READ = ("text/csv", *formats.LIBSVM)


def scorer(
    model_dir: str, environment: dict[str, str], answer: Callable[..., Any]
) -> Callable[[Any], Any]:
    """Load the booster in ``model_dir`` and return what scores one request."""
    booster = load_booster(Path(model_dir))
    default_accept = environment.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "text/csv")

    def score(question: Any) -> Any:
        if not question.body:
            return answer(204, b"", "text/html")
        try:
            matrix = _matrix(question)
        except Exception as error:
            traceback.print_exc()
            return answer(415, str(error).encode(), "text/html; charset=utf-8")
        try:
            accept = _accepted(question.accept, default_accept)
        except ValueError as error:
            return answer(406, str(error).encode(), "text/html; charset=utf-8")
        try:
            scores = booster.predict(matrix, validate_features=False).tolist()
        except Exception as error:
            traceback.print_exc()
            text = f"Unable to evaluate payload provided: {error}"
            return answer(400, text.encode(), "text/html; charset=utf-8")
        return answer(200, _written(scores, accept), accept)

    return score


def _matrix(question: Any) -> Any:
    kind = formats.media_type(question.content_type or "text/csv")
    if kind not in READ:
        raise ValueError(f"Content-type {kind} not supported. Supported content-type is {READ}")
    try:
        return formats.decode(question.body, kind)
    except Exception as error:
        name = "csv" if kind == "text/csv" else "libsvm"
        text = f"Loading {name} data failed with Exception, please ensure data is in {name} format"
        raise ValueError(f"{text}:\n {type(error)}\n {error}") from error


def _accepted(accept: str, default: str) -> str:
    kind = str(formats.media_type(accept))
    if kind in ("", "*/*"):
        return default
    if kind not in ACCEPTED:
        raise ValueError(
            f"Accept type {accept} is not supported. "
            f"Please use supported accept types: {list(ACCEPTED)}."
        )
    return kind


def _written(scores: list[Any], accept: str) -> bytes:
    if accept == "application/json":
        return json.dumps({"predictions": [{"score": score} for score in scores]}).encode()
    if accept == "application/jsonlines":
        return "".join(json.dumps({"score": score}) + "\n" for score in scores).encode()
    return "".join(f"{_text(score)}\n" for score in scores).encode()


def _text(score: Any) -> str:
    return ",".join(map(str, score)) if isinstance(score, list) else str(score)


def load_booster(folder: Path) -> Any:
    """The folder's first file as a saved or pickled booster. Raises RuntimeError for neither."""
    import xgboost

    files = sorted(path for path in folder.iterdir() if path.is_file())
    if not files:
        raise RuntimeError(f"Unable to load model: {folder} holds no file")
    try:
        booster = xgboost.Booster(model_file=str(files[0]))
    except Exception as native_error:
        try:
            with files[0].open("rb") as stream:
                booster = pickle.load(stream)
        except Exception as error:
            raise RuntimeError(f"Unable to load model: {native_error} {error}") from error
    booster.set_param({"nthread": 1})
    print(f"Model loaded: {files[0].name}", file=sys.stderr, flush=True)
    return booster
