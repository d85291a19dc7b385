"""Waiting without sleeping blindly: poll a condition until it holds or a deadline passes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(probe: Callable[[], T], timeout: float = 30.0, interval: float = 0.05) -> T:
    """Return the first truthy result of `probe`, asked every `interval` seconds.

    Raises TimeoutError after `timeout` seconds, with the last result in its message.
    """
    deadline = time.monotonic() + timeout
    while True:
        result = probe()
        if result:
            return result
        if time.monotonic() >= deadline:
            raise TimeoutError(f"no truthy result within {timeout} s; the last one was {result!r}")
        time.sleep(interval)
