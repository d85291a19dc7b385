"""Fault: a function's layers are not under /opt, and AWS puts them nowhere else.

ministack unpacks each layer into a folder of its own, where Python finds modules and nothing else
is found. A process here has no private /opt; a variable of the function that names something there
is given the place where the layer's file is.
https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html
"""

from __future__ import annotations

from ministack.core import lambda_runtime

from localcloud.repairs import base

_OLD = "    os.environ.update(env)\n"
# A later layer lies over an earlier one.
_NEW = f"""{_OLD}\
    for _name, _value in env.items():
        if _value == "/opt" or _value.startswith("/opt/"):
            for _ld in filter(None, os.environ.get("_LAMBDA_LAYERS_DIRS", "").split(os.pathsep)):
                _at = os.path.join(_ld, _value[5:])
                if os.path.exists(_at):
                    os.environ[_name] = _at
"""


def install(_context: object) -> None:
    """Let the worker set such variables when it starts; after `lambda_error_class`."""
    base.expect(lambda_runtime.Worker, "_spawn", "f124f25ec9a5023c")
    script = lambda_runtime._PYTHON_WORKER_SCRIPT
    if script.count(_OLD) != 1:
        raise base.BaseChangedError(
            "ministack changed: its worker sets the function's variables in another way. "
            "Read the new source, then adapt the repair lambda_layers or drop it."
        )
    lambda_runtime._PYTHON_WORKER_SCRIPT = script.replace(_OLD, _NEW)
