"""What ends an execution wakes everything that waits under it."""

from __future__ import annotations

import threading
import time

import pytest

from localcloud.repairs.sfn_control import Control, ExecutionEndedError


def _soon(action: object) -> None:
    threading.Timer(0.05, action).start()  # type: ignore[arg-type]


def test_an_end_wakes_a_wait_that_has_no_limit() -> None:
    control = Control()
    _soon(lambda: control.end("ABORTED"))

    with pytest.raises(ExecutionEndedError, match="ABORTED"):
        control.wait(threading.Event())


def test_an_end_reaches_the_branches_and_not_the_other_way_round() -> None:
    parent = Control()
    one, other = Control(parent=parent), Control(parent=parent)

    one.end("BRANCH_FAILED")
    parent.check()
    other.check()
    parent.end("ABORTED")

    with pytest.raises(ExecutionEndedError):
        other.check()


def test_a_branch_of_an_ended_execution_has_ended() -> None:
    parent = Control()
    parent.end("ABORTED")

    with pytest.raises(ExecutionEndedError):
        Control(parent=parent).check()


def test_the_deadline_of_the_execution_ends_a_longer_wait() -> None:
    control = Control(0.05)
    begun = time.monotonic()

    with pytest.raises(ExecutionEndedError, match="TIMED_OUT"):
        Control(parent=control).wait(threading.Event(), 60)

    assert time.monotonic() - begun < 5


def test_a_wait_tells_whether_it_was_over_in_time() -> None:
    event = threading.Event()

    assert Control().wait(event, 0.01) is False
    event.set()
    assert Control().wait(event, 0.01) is True


def test_the_first_reason_stays() -> None:
    control = Control()

    control.end("ABORTED")
    control.end("TIMED_OUT")

    assert control.reason == "ABORTED"


def test_a_call_gives_its_result_its_error_or_a_timeout() -> None:
    def fail() -> None:
        raise KeyError("no")

    never = threading.Event()

    assert Control().call(lambda: 5) == 5
    with pytest.raises(KeyError):
        Control().call(fail)
    with pytest.raises(TimeoutError):
        Control().call(lambda: never.wait(2), 0.01)
    never.set()
