"""Fault: the class of a Python function's exception is lost, and its environment is killed.

The worker hands on only the text, and ministack calls every error `Runtime.HandlerError`. On AWS
`errorType` is the class's name, which the state machines' Retry and Catch go by, beside
`errorMessage`, `requestId` and `stackTrace`; the environment lives on and serves the next call.
https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
"""

import threading
from collections.abc import Callable
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from localcloud.repairs import base

_OLD = """            _real_stdout.write(json.dumps({"status": "error", "error": str(e), \
"trace": traceback.format_exc()}) + "\\n")"""
# "ok" keeps the worker: only a status of "error" makes ministack kill it.
_NEW = """            _frames = traceback.extract_tb(e.__traceback__)[1:]
            _real_stdout.write(json.dumps({"status": "ok", "raised": {
                "errorMessage": str(e),
                "errorType": type(e).__name__,
                "requestId": context.aws_request_id,
                "stackTrace": traceback.format_list(_frames),
            }}) + "\\n")
            traceback.print_exc()"""

_OLD_INIT = (
    """        _real_stdout.write(json.dumps({"status": "error", "error": str(e)}) + "\\n")"""
)
_NEW_INIT = """        _type = type(e).__name__
        _type = {"ImportError": "Runtime.ImportModuleError",
                 "ModuleNotFoundError": "Runtime.ImportModuleError",
                 "AttributeError": "Runtime.HandlerNotFound"}.get(_type, _type)
        _real_stdout.write(json.dumps({"status": "error", "error": _type + "|" + str(e)}) + "\\n")
        traceback.print_exc()"""

_answer = threading.local()


def _remember_raised(original: Callable[..., Any]) -> Callable[..., Any]:
    def invoke(worker: Any, *args: Any, **more: Any) -> Any:
        response = original(worker, *args, **more)
        _answer.raised = response.get("raised")
        return response

    return invoke


def _as_function_error(original: Callable[..., Any]) -> Callable[..., Any]:
    def execute(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        _answer.raised = None
        result: dict[str, Any] = original(func, event, request_id)
        if _answer.raised:
            return {"body": _answer.raised, "error": True, "log": result.get("log", "")}
        return _with_init_error(result)

    return execute


def _with_init_error(result: dict[str, Any]) -> dict[str, Any]:
    """A function whose module cannot be loaded reports that error's own class."""
    body = result.get("body")
    prefix = "Worker init failed: "
    if result.get("error") and isinstance(body, dict):
        message = str(body.get("errorMessage", ""))
        if message.startswith(prefix) and "|" in message:
            kind, _, text = message.removeprefix(prefix).partition("|")
            body.update(errorType=kind, errorMessage=text)
    return result


def install(_context: object) -> None:
    """Let the worker tell the class, and Lambda's answer carry it."""
    base.expect(lambda_runtime, "_PYTHON_WORKER_SCRIPT", "05e6e4522904eaca")
    script = lambda_runtime._PYTHON_WORKER_SCRIPT
    lambda_runtime._PYTHON_WORKER_SCRIPT = script.replace(_OLD, _NEW).replace(_OLD_INIT, _NEW_INIT)
    base.wrap(lambda_runtime.Worker, "invoke", "4891225ef3c4b715", _remember_raised)
    base.wrap(lambda_svc, "_execute_function_warm", "de7523fbfb8afec5", _as_function_error)
