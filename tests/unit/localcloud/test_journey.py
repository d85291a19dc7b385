"""How a run ended is said in one line, whatever the state machine's cause looks like."""

from __future__ import annotations

import io
import json

from localcloud.journey import why
from localcloud.report import described, lines
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


def test_a_refused_version_is_told_in_one_line_without_its_digests() -> None:
    said = (
        "it ended as Staging Failed: artifact: The artifact was changed: sha256 0a, registered c3."
    )
    report = {
        "commit": "0123456789ab", "endpoints": {}, "predictions": [], "hops": [], "seconds": 6.0,
        "model": {"version": 1, "status": "Approved", "metrics": {"auc": 0.9}},
        "refused": {"version": 2, "ended": "Staging Failed", "reason": said, "mail": ""},
    }  # fmt: skip
    (told,) = [line for line in lines(report) if line.startswith("refused")]
    assert told.startswith("refused     version 2, changed on purpose: it ended as Staging Failed")
    assert told.endswith("The artifact was changed")
