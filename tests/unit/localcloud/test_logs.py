"""What went wrong is found in the functions' logs, whichever way it was written."""

from __future__ import annotations

import json

from localcloud.logs import error_in, errors_in


def test_the_last_line_of_a_traceback_is_the_error() -> None:
    lines = [
        "START RequestId: 1",
        "Traceback (most recent call last):",
        '  File "handler.py", line 1, in handler',
        "    raise ValueError",
        "ValueError: no such version",
        "END RequestId: 1",
    ]
    assert errors_in(lines) == ["ValueError: no such version"]


def test_a_structured_error_is_told_with_its_function() -> None:
    record = {"level": "ERROR", "message": "failed", "function_name": "ask", "exception": "a\nb"}
    assert error_in(json.dumps(record)) == "ask: b"


def test_what_is_no_error_is_not_told() -> None:
    assert (
        errors_in(["REPORT RequestId: 1", json.dumps({"level": "INFO", "message": "x"}), ""]) == []
    )
