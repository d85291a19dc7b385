"""Script mode: model_fn, input_fn, predict_fn, output_fn or transform_fn of the user's program.

The rules are those of sagemaker-containers' Transformer, which the XGBoost image runs: a type that
the *default* input_fn cannot read is a 415, one that the *default* output_fn cannot write a 406,
and any exception of the user's own functions is a 500. A function that wants another status returns
a ``worker.Response`` with it.
"""

import importlib
import json
import sys
import traceback
from collections.abc import Callable
from types import ModuleType
from typing import Any

import formats  # type: ignore[import-not-found]  # beside this module, at run time
from sagemaker_containers.beta.framework import errors, worker  # type: ignore[import-not-found]

JSON, CSV, ANY = "application/json", "text/csv", "*/*"
_PARTS = ("input_fn", "predict_fn", "output_fn")


def scorer(
    program: str,
    folder: str,
    model_dir: str,
    environment: dict[str, str],
    answer: Callable[..., Any],
) -> Callable[[Any], Any]:
    """Import ``program`` from ``folder``, load the model, return what scores one request."""
    if folder:
        sys.path.insert(0, folder)
    # An empty name is not "no script": importing it fails, here as in the image.
    module = importlib.import_module(program.removesuffix(".py"))
    transform = _transform_of(module)
    if not hasattr(module, "model_fn"):
        raise NotImplementedError("Please provide a model_fn implementation.")
    model = module.model_fn(model_dir)
    default_accept = environment.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", JSON)

    def score(question: Any) -> Any:
        content_type = question.content_type or JSON
        accept = question.accept if question.accept not in ("", ANY) else default_accept
        body = question.body
        # Flask decodes these two and replaces what is not UTF-8.
        content = body.decode("utf-8", "replace") if content_type in (JSON, CSV) else body
        result = transform(model, content, content_type, accept)
        return _answered(result, answer)

    return score


def _transform_of(module: ModuleType) -> Callable[..., Any]:
    own = getattr(module, "transform_fn", None)
    given = {name: getattr(module, name, None) for name in _PARTS}
    if own and any(given.values()):
        raise ValueError(
            "Cannot use transform_fn implementation with input_fn, predict_fn, and/or output_fn"
        )
    if own:
        wrapped: Callable[..., Any] = _user_function(own)
        return wrapped
    read = _user_function(given["input_fn"]) if given["input_fn"] else formats.decode
    predict = _user_function(given["predict_fn"]) if given["predict_fn"] else formats.predict
    write = _user_function(given["output_fn"]) if given["output_fn"] else _default_output

    def transform(model: Any, content: Any, content_type: str, accept: str) -> Any:
        try:
            data = read(content, content_type)
        except errors.UnsupportedFormatError as error:
            return _refused(error, 415)
        prediction = predict(data, model)
        try:
            return write(prediction, accept)
        except errors.UnsupportedFormatError as error:
            return _refused(error, 406)

    return transform


def _user_function(function: Callable[..., Any]) -> Callable[..., Any]:
    """Any exception of the user's code becomes a ClientError, whatever its class was."""

    def call(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except Exception as error:
            raise errors.ClientError(error) from error

    return call


def _default_output(prediction: Any, accept: str) -> Any:
    return worker.Response(formats.encode(prediction, accept), mimetype=accept)


def _refused(error: Exception, status: int) -> Any:
    text = {
        "error": type(error).__name__,
        "error-message": str(error),
        "stack-trace": traceback.format_exc(),
    }
    return worker.Response(json.dumps(text), status=status, mimetype=JSON)


def _answered(result: Any, answer: Callable[..., Any]) -> Any:
    """A Response, a pair of body and type, or a bare body, as Flask would send it."""
    if isinstance(result, tuple):
        result = worker.Response(result[0], mimetype=result[1])
    if not isinstance(result, worker.Response):
        result = worker.Response(result, mimetype="text/html")
    return answer(result.status_code, result.get_data(), result.content_type)
