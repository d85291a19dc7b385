"""Fault: every botocore session of a process reads its own copy of the same service models.

ministack looks into a model for each service's answers, its Step Functions task, our SageMaker and
each client make sessions of their own. SageMaker's model alone takes a tenth of a second, in which
the interpreter's lock lets nobody else go on, and 20 MB a copy. Here a process reads each model
once. The process that forks Lambda environments does the same (lambda_forkserver.py), for all of
them: a first client there takes 13 ms instead of 28.
"""

from __future__ import annotations

import threading
from typing import Any

from botocore.hooks import EventAliaser
from botocore.loaders import JSONFileLoader, Loader

_lock = threading.RLock()


def share() -> None:
    """Keep, for all sessions of this process, what each would find out anew.

    That is the models, which services there are models of, and what botocore's events are called
    now. Models are read only.
    """
    _share_files()
    _share_services()
    _share_names()


def _share_files() -> None:
    known: dict[str, Any] = {}
    read = JSONFileLoader.load_file

    def load_file(self: Any, file_path: str) -> Any:
        with _lock:
            if file_path not in known:
                known[file_path] = read(self, file_path)
            return known[file_path]

    JSONFileLoader.load_file = load_file


def _share_services() -> None:
    known: dict[tuple[str, ...], list[str]] = {}
    find = Loader.list_available_services

    def list_available_services(self: Any, type_name: str) -> list[str]:
        key = (type_name, *self.search_paths)
        with _lock:
            if key not in known:
                known[key] = find(self, type_name)
            return known[key]

    Loader.list_available_services = list_available_services


def _share_names() -> None:
    known: dict[str, str] = {}
    begin = EventAliaser.__init__

    def initialize(self: Any, event_emitter: Any, event_aliases: Any = None) -> None:
        begin(self, event_emitter, event_aliases)
        if event_aliases is None:
            self._alias_name_cache = known

    EventAliaser.__init__ = initialize


def install(_context: object) -> None:
    """Let all sessions of the local cloud's process share the models."""
    from localcloud.repairs import base  # not where environments are forked

    base.expect(JSONFileLoader, "load_file", "13ea97fc3d944632")
    base.expect(Loader, "list_available_services", "38b7b7748ecd678f")
    base.expect(EventAliaser, "__init__", "379cd9c7363bf811")
    base.expect(EventAliaser, "_alias_event_name", "0e9ebee64293e275")
    share()
