"""Which AWS operations a function of the product can call, read from its source.

Starting at the handler, every name that is used is followed into the product's own modules; methods
are followed by their name in every class that is used. So it is a little more than can happen, and
never less, as long as clients are made by `aws.client("service")`, or `aws.client("service", role)`
for calls under a role that may be another account's (and nothing else makes them).
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from botocore import xform_name

from tests.support.aws_models import service

FUNCTIONS = Path(__file__).parents[2] / "functions"
ROLE = " under a role"
NOT_CALLS = {"exceptions", "meta", "get_paginator", "get_waiter", "can_paginate"}


@dataclass
class Module:
    """A module of the product: what it defines, what it imports, what its client variables are."""

    name: str
    defined: dict[str, ast.AST] = field(default_factory=dict)
    imported: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    clients: dict[str, str] = field(default_factory=dict)


def path_of(name: str) -> Path | None:
    """The file of a module of the product."""
    base = FUNCTIONS / name.replace(".", "/")
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


@cache
def module(name: str) -> Module:
    """A module, read."""
    path = path_of(name)
    assert path, name
    tree, found = ast.parse(path.read_text()), Module(name)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.defined[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found.defined |= {t.id: node for t in targets if isinstance(t, ast.Name)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.imported |= {a.asname or a.name: (a.name, None) for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                is_module = path_of(inner) is not None
                target = (inner, None) if is_module else (node.module, alias.name)
                found.imported[alias.asname or alias.name] = target
        elif isinstance(node, ast.Assign) and (made := _made(node.value)):
            found.clients |= {t.id: made for t in node.targets if isinstance(t, ast.Name)}
    return found


def _made(node: ast.AST) -> str | None:
    """The service in `aws.client("service")`, and whether it is asked under a role."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "aws.client":
        argument, *role = node.args
        assert isinstance(argument, ast.Constant), "a client's service is written out"
        return str(argument.value) + (ROLE if role else "")
    return None


class Reach:
    """Everything that can be used from one definition on."""

    def __init__(self, module_name: str, name: str) -> None:
        self.calls: set[tuple[str, str]] = set()
        self.under_role: set[tuple[str, str]] = set()
        self.raised: set[str] = set()
        self._classes: list[tuple[Module, ast.ClassDef]] = []
        self._attributes: set[str] = set()
        self._seen: set[tuple[str, str]] = set()
        self._look: list[tuple[str, str]] = [(module_name, name)]
        while self._look:
            self._follow(*self._look.pop())

    def _follow(self, module_name: str, name: str) -> None:
        if (module_name, name) in self._seen or path_of(module_name) is None:
            return
        self._seen.add((module_name, name))
        where = module(module_name)
        if name in where.imported:
            inner, attribute = where.imported[name]
            if attribute:
                self._look.append((inner, attribute))
            return
        owner, _, method = name.partition(".")
        node = where.defined.get(owner)
        if isinstance(node, ast.ClassDef) and not method:
            self._use_class(where, node)
        elif isinstance(node, ast.ClassDef):
            self._read(where, next(n for n in node.body if getattr(n, "name", "") == method))
        elif node is not None:
            self._read(where, node)

    def _use_class(self, where: Module, node: ast.ClassDef) -> None:
        self._classes.append((where, node))
        for base in node.bases:
            self._read(where, base)
        for name in ("__post_init__", "__init__", *self._attributes):
            self._use_method(where, node, name)

    def _use_method(self, where: Module, node: ast.ClassDef, name: str) -> None:
        if any(isinstance(n, ast.FunctionDef) and n.name == name for n in node.body):
            self._look.append((where.name, f"{node.name}.{name}"))

    def _read(self, where: Module, tree: ast.AST) -> None:
        for node in ast.walk(tree):
            if isinstance(node, ast.Name):
                self._look.append((where.name, node.id))
            elif isinstance(node, ast.Attribute):
                self._attribute(where, node)
            elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                self.raised.add(ast.unparse(node.exc.func).rsplit(".", 1)[-1])
            elif isinstance(node, ast.Call):
                self._paginator(where, node)

    def _attribute(self, where: Module, node: ast.Attribute) -> None:
        owner = where.imported.get(node.value.id) if isinstance(node.value, ast.Name) else None
        if owner and owner[1] is None:
            self._look.append((owner[0], node.attr))
        elif node.attr not in self._attributes:
            self._attributes.add(node.attr)
            for home, kind in self._classes:
                self._use_method(home, kind, node.attr)
        made = self._client(where, node.value)
        if made and node.attr not in NOT_CALLS:
            self._call(made, node.attr)

    def _paginator(self, where: Module, node: ast.Call) -> None:
        called = node.func
        if isinstance(called, ast.Attribute) and called.attr in {"get_paginator", "get_waiter"}:
            made = self._client(where, called.value)
            (argument,) = node.args
            assert made, f"{where.name}: whose paginator is {ast.unparse(node)}?"
            assert isinstance(argument, ast.Constant)
            self._call(made, str(argument.value))

    def _call(self, made: str, operation: str) -> None:
        called = (made.removesuffix(ROLE), operation)
        self.calls.add(called)
        if made.endswith(ROLE):
            self.under_role.add(called)

    @staticmethod
    def _client(where: Module, node: ast.AST) -> str | None:
        return where.clients.get(node.id) if isinstance(node, ast.Name) else _made(node)


@cache
def of_handler(folder: str) -> Reach:
    """What the handler of a function can reach."""
    return Reach(f"{folder}.handler", "handler")


def operation_name(service_name: str, python_name: str) -> str:
    """`get_item` → `GetItem`."""
    names = service(service_name).operation_names
    (found,) = [name for name in names if xform_name(name) == python_name]
    return str(found)
