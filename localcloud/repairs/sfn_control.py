"""What can end a Step Functions execution early, and how everything that waits learns of it.

Shared by the repairs of the Step Functions engine. Each execution has one `Control`, each branch
of a Parallel state a child of it. A wait is a `threading.Event` that whoever finishes it sets;
while it waits, the event is known to the control, so that an end wakes it. Nothing polls.
"""

import contextvars
import threading
import time
from collections.abc import Callable
from typing import Any


class ExecutionEndedError(BaseException):
    """Unwinds the thread of an execution that was stopped or has reached its timeout.

    Derived from BaseException because no Retry or Catch of the state machine may handle it.
    """


class Control:
    """The end of one execution, or of one branch of it.

    `timeout` is in seconds from now; None means that there is no limit. `role` (an ARN) and
    `session` (the execution's name) say as whom its tasks are called, `machine` (an ARN) for whom.
    """

    def __init__(
        self,
        timeout: float | None = None,
        parent: "Control | None" = None,
        role: str = "",
        session: str = "",
        machine: str = "",
    ) -> None:
        self.reason = ""
        self.role: str = parent.role if parent else role
        self.session: str = parent.session if parent else session
        self.machine: str = parent.machine if parent else machine
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._lock = threading.RLock()
        self._waits: set[threading.Event] = set()
        self._children: list[Control] = []
        if parent is not None:
            self._deadline = parent._deadline
            parent._adopt(self)

    def _adopt(self, child: "Control") -> None:
        with self._lock:
            self._children.append(child)
            if self.reason:
                child.end(self.reason)

    def end(self, reason: str) -> None:
        """End the execution for `reason` (ABORTED, TIMED_OUT …): every wait under it wakes."""
        with self._lock:
            if self.reason:
                return
            self.reason = reason
            for event in self._waits:
                event.set()
            for child in self._children:
                child.end(reason)

    def check(self) -> None:
        """Raise ExecutionEndedError when the end has come."""
        if self._deadline is not None and time.monotonic() >= self._deadline:
            self.end("TIMED_OUT")
        if self.reason:
            raise ExecutionEndedError(self.reason)

    def wait(self, event: threading.Event, seconds: float | None = None) -> bool:
        """Wait until `event` is set, at most `seconds`; return whether it was set.

        Raises ExecutionEndedError when the execution ends meanwhile.
        """
        with self._lock:
            self._waits.add(event)
        try:
            self.check()
            limits = [
                seconds,
                None if self._deadline is None else self._deadline - time.monotonic(),
            ]
            known = [max(limit, 0.0) for limit in limits if limit is not None]
            # The longest wait that every platform's lock accepts; a wait of weeks is no use case.
            event.wait(min([*known, threading.TIMEOUT_MAX]))
            self.check()
            return event.is_set()
        finally:
            with self._lock:
                self._waits.discard(event)

    def call(self, function: Callable[[], Any], seconds: float | None = None) -> Any:
        """Run `function` in a thread, so that the wait for it can end before it does.

        A call that is given up runs on unheard, as on AWS. Raises TimeoutError after `seconds`.
        """
        done = threading.Event()
        outcome: list[Any] = []
        failure: list[BaseException] = []

        def run() -> None:
            try:
                outcome.append(function())
            except BaseException as error:  # handed to the waiting thread, whatever it is
                failure.append(error)
            done.set()

        scope = contextvars.copy_context()
        threading.Thread(target=scope.run, args=(run,), daemon=True, name="sfn-task").start()
        if not self.wait(done, seconds):
            raise TimeoutError
        if failure:
            raise failure[0]
        return outcome[0]


_current: contextvars.ContextVar[Control | None] = contextvars.ContextVar(
    "sfn_control", default=None
)


credentials: contextvars.ContextVar[str] = contextvars.ContextVar("sfn_credentials", default="")
"""The role (an ARN) that the task at hand names in its `Credentials`; empty for the machine's."""


def current() -> Control:
    """Return the control of the execution that this thread works for."""
    return _current.get() or Control()


def enter(control: Control) -> contextvars.Token[Control | None]:
    """Make `control` the current one; give the token to `leave` at the end."""
    return _current.set(control)


def leave(token: contextvars.Token[Control | None]) -> None:
    """Make the former control the current one again."""
    _current.reset(token)
