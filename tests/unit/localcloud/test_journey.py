"""How a run ended is said in one line, whatever the state machine's cause looks like."""

from __future__ import annotations

import io
import json

from localcloud.journey import why
from localcloud.report import described
from localcloud.timeline import Timeline
from localcloud.watch import Execution, Fact, Span


def _ended(error: str, cause: str, final: str = "Build Refused") -> Execution:
    return Execution("arn", "build", 0.0, "FAILED", 1.0, error, cause, final)


def test_the_message_of_a_failed_function_is_taken_out_of_the_cause() -> None:
    cause = json.dumps({"errorMessage": "run make pipeline", "stackTrace": ["x"]})
    assert why(_ended("StaleDefinitionError", cause)) == (
        "it ended as Build Refused: StaleDefinitionError: run make pipeline"
    )


def test_a_cause_in_words_stays_as_it_is() -> None:
    assert why(_ended("E", "no\n data")) == "it ended as Build Refused: E: no data"


def test_an_end_without_an_error_points_to_its_mails() -> None:
    assert why(_ended("", "", "Rejected")) == "it ended as Rejected: see its mails"


def test_the_timeline_counts_from_the_push() -> None:
    out = io.StringIO()
    Timeline(100.0, out).add([Fact(101.25, "mail", "to ada: hello")])
    assert out.getvalue() == "    1.2 s  mail        to ada: hello\n"


def test_a_span_knows_how_long_it_took() -> None:
    assert Span("Train", 1.0, 3.5).seconds == 2.5


def test_a_customer_is_told_by_the_first_columns() -> None:
    row = {"State": "NH", "Account Length": "4", "Area Code": "787", "Phone": "1", "More": "x"}
    assert described(row) == "State NH, Account Length 4, Area Code 787, Phone 1"
