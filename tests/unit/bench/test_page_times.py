"""How the times of warm pages are judged and told."""

from __future__ import annotations

import pytest

from bench.pages import LIMIT_MS, lines, slow

pytestmark = pytest.mark.unit


def test_the_first_request_does_not_count_and_one_slow_one_does_no_harm() -> None:
    assert slow({"a review": [900.0, 20.0, 30.0, 800.0]}) == []


def test_a_page_whose_warm_median_is_above_the_limit_is_too_slow() -> None:
    over = LIMIT_MS + 1.0
    assert slow({"a review": [1.0, over, over, 2.0], "all releases": [9.0, 8.0]}) == ["a review"]


def test_the_result_names_machine_command_limit_and_caveats() -> None:
    text = "\n".join(lines({"a review": [411.0, 20.0, 40.0, 33.0]}))

    for words in ("CPUs", "python -m bench.pages", "150 ms for the median of 3", "Caveats"):
        assert words in text
    (row,) = [line for line in text.splitlines() if line.startswith("a review")]
    assert row.split()[2:] == ["33", "40", "411"]
