"""What a comparison leaves in a version's metadata: whole, in signs that SageMaker takes."""

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from domain import comparison
from domain.evidence import Champion, Difference, Report

KNOWN = {"commit": "c" * 40, "champion_version": "6", "golden_uri": "s3://b/golden"}
CHAMPION = Champion(
    6,
    {"auc": 0.94512345, "average_precision": 0.7, "accuracy": 0.9},
    (Difference("auc", 0.0012, -0.0103, 0.0127), Difference("average_precision", -0.01)),
    "as good",
)
# botocore's `\p{L}\p{Z}\p{N}` are letters, blanks and numbers.
VALUE = re.compile(r"[\w .:/=+@-]{1,256}")


def test_the_champions_figures_the_intervals_and_the_verdict_are_added_to_what_is_known() -> None:
    found = comparison.metadata(Report(champion=CHAMPION), KNOWN)

    assert found == KNOWN | {
        "challenge_verdict": "as good",
        "champion_auc": "0.945123",
        "champion_average_precision": "0.700000",
        "challenge_difference_auc": "+0.001200 from -0.010300 to +0.012700",
        "challenge_difference_average_precision": "-0.010000",
    }
    assert comparison.metadata(Report(champion=CHAMPION), found) == found


def test_a_person_reads_them_by_the_names_of_the_figures() -> None:
    known = comparison.metadata(Report(champion=CHAMPION), KNOWN)

    assert comparison.told(known) == [
        ("Verdict", "as good"),
        ("Difference in AUC", "+0.001200 from -0.010300 to +0.012700"),
        ("Difference in Average precision", "-0.010000"),
        ("AUC of the champion", "0.945123"),
        ("Average precision of the champion", "0.700000"),
    ]
    assert comparison.told(KNOWN) == []


def test_the_first_version_is_called_the_first_and_a_lost_report_is_called_nothing() -> None:
    first = {**KNOWN, "champion_version": "none"}

    assert comparison.metadata(Report(), first) == first | {"challenge_verdict": "first"}
    assert comparison.metadata(Report(), KNOWN) == KNOWN


def test_what_has_no_room_for_it_keeps_what_it_has() -> None:
    full = {f"key{number}": "" for number in range(48)}

    assert comparison.metadata(Report(champion=CHAMPION), full) == full


@given(st.text(max_size=400))
def test_whatever_the_verdict_says_sagemaker_takes_it(verdict: str) -> None:
    champion = replace(CHAMPION, verdict=verdict)
    found = comparison.metadata(Report(champion=champion), KNOWN)

    assert VALUE.fullmatch(found["challenge_verdict"])
