"""Make scripts that name ``/opt/ml`` work where no private ``/opt/ml`` can be mounted.

Two layers, both inside the job's own Python processes, and no file is changed on disk (a script
that is packed into a model must stay byte for byte what it was):

1. String constants that name ``/opt/ml`` are replaced when a module is *compiled* (this also
   reaches C++ code that gets the path as an argument, such as xgboost's ``save_model``);
2. ``open`` and the functions of ``os`` map paths that were put together at run time.

What it cannot reach: a path put together at run time and handed to C code, and programs other than
Python. The job's folder comes in ``SLIPWAY_OPT_ML``. As a program, ``opt_ml.py SCRIPT
ARGUMENT...`` runs a script as ``python SCRIPT ARGUMENT...`` would.
"""

import ast
import builtins
import functools
import importlib.machinery
import io
import os
import re
import sys
from collections.abc import Callable
from typing import Any

NAMES_OPT_ML = re.compile(r"/opt/ml(?![\w.-])")
PATH_FUNCTIONS = (
    "open", "stat", "lstat", "listdir", "scandir", "mkdir", "rmdir", "remove", "unlink",
    "rename", "replace", "access", "chmod", "utime", "readlink", "symlink", "link", "chdir",
    "truncate", "statvfs",
)  # fmt: skip


def target() -> str:
    return os.environ["SLIPWAY_OPT_ML"]


def rewrite(text: str) -> str:
    """Replace each ``/opt/ml`` that stands for the folder by the job's own folder."""
    return NAMES_OPT_ML.sub(lambda _: target(), text)


def mapped(path: Any) -> Any:
    """The path to use instead: only absolute paths at or under ``/opt/ml`` change."""
    if isinstance(path, (str, os.PathLike)):
        text = os.fspath(path)
        if isinstance(text, str) and (text == "/opt/ml" or text.startswith("/opt/ml/")):
            return target() + text[len("/opt/ml") :]
    return path


class Constants(ast.NodeTransformer):
    """Rewrites the string and bytes constants of a module."""

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, str) and "/opt/ml" in node.value:
            return ast.copy_location(ast.Constant(rewrite(node.value), node.kind), node)
        if isinstance(node.value, bytes) and b"/opt/ml" in node.value:
            changed = rewrite(node.value.decode("latin-1")).encode("latin-1")
            return ast.copy_location(ast.Constant(changed), node)
        return node


def compiled(source: Any, filename: str) -> Any:
    tree = ast.parse(source, filename)
    return compile(
        ast.fix_missing_locations(Constants().visit(tree)), filename, "exec", dont_inherit=True
    )


def in_job(filename: str) -> bool:
    return os.path.realpath(filename).startswith(os.path.realpath(target()) + os.sep)


def wrapped(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*arguments: Any, **keywords: Any) -> Any:
        return function(*[mapped(argument) for argument in arguments], **keywords)

    return call


def install() -> None:
    """Switch both layers on for this process."""
    plain = importlib.machinery.SourceFileLoader.source_to_code

    def source_to_code(self: Any, data: Any, path: Any, **keywords: Any) -> Any:
        if isinstance(data, bytes) and b"/opt/ml" in data and in_job(os.fspath(path)):
            return compiled(data, os.fspath(path))
        return plain(self, data, path, **keywords)

    importlib.machinery.SourceFileLoader.source_to_code = source_to_code  # type: ignore
    for name in PATH_FUNCTIONS:
        setattr(os, name, wrapped(getattr(os, name)))
    builtins.open = io.open = wrapped(io.open)


def main(script: str) -> None:
    """Run ``script`` as __main__; ``sys.argv`` already is its own."""
    sys.path[0] = os.path.dirname(os.path.abspath(script))
    with open(script, "rb") as file:
        code = compiled(file.read(), script)
    module = type(sys)("__main__")
    module.__dict__.update(__file__=script, __builtins__=builtins)
    sys.modules["__main__"] = module
    exec(code, module.__dict__)


if __name__ == "__main__":
    sys.argv = sys.argv[1:]
    main(sys.argv[0])
