"""The jobs that are running in this process: start, find, stop, wait."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from localcloud.sagemaker.jobs.container import Container
from localcloud.sagemaker.service import Service

_logger = logging.getLogger(__name__)
_running: dict[tuple[int, str, str], Running] = {}
_lock = threading.Lock()


@dataclass
class Running:
    """One job under way. ``done`` is set once its final document is stored."""

    kind: str
    name: str
    done: threading.Event = field(default_factory=threading.Event)
    stopping: bool = False
    container: Container | None = None

    def enter(self, container: Container) -> None:
        """Say which container a stop must end; one that came before is honoured."""
        self.container = container
        if self.stopping:
            container.stop()

    def stop(self, grace: float | None = None) -> None:
        """Ask the job to end."""
        self.stopping = True
        if self.container is not None:
            self.container.stop(*([] if grace is None else [grace]))


def start(svc: Service, kind: str, name: str, work: Callable[[Running], None]) -> Running:
    """Run ``work`` in a thread of its own.

    A thread per job, not a pool: the kernel ends a job's process when the *thread* that started it
    ends.
    """
    running = Running(kind, name)
    key = (id(svc.store), kind, name)

    def run() -> None:
        try:
            work(running)
        except Exception:
            _logger.exception("%s %s failed in the understudy", kind, name)
        finally:
            with _lock:
                _running.pop(key, None)
            running.done.set()

    with _lock:
        _running[key] = running
    threading.Thread(target=run, name=f"{kind}-{name}", daemon=True).start()
    return running


def find(svc: Service, kind: str, name: str) -> Running | None:
    """The running job of that name, or None when it has ended (or never began)."""
    with _lock:
        return _running.get((id(svc.store), kind, name))


def stop_all(timeout: float = 5.0) -> None:
    """End every job of this process (the cloud goes down)."""
    with _lock:
        running = list(_running.values())
    for job in running:
        job.stop(grace=1.0)
    for job in running:
        job.done.wait(timeout)
