"""How far a table has moved from the one behind the live model: population stability index."""

import random

import drift
import pytest

DRAW = random.Random(5)


def numbers(count: int, shift: float = 0.0) -> list[float]:
    return [DRAW.gauss(shift, 1.0) for _ in range(count)]


def psi(
    before: dict[str, list[float] | list[str]], now: dict[str, list[float] | list[str]]
) -> float:
    (entry,) = drift.compare(drift.profile(before), now)
    found: float = entry["psi"]
    return found


def test_the_same_table_has_not_moved() -> None:
    values = numbers(500)

    assert psi({"x": values}, {"x": values}) == 0.0


@pytest.mark.parametrize("count", [150, 1000, 5000])
def test_another_sample_of_the_same_population_is_steady(count: int) -> None:
    """Few rows differ by chance; that is no drift, also in a column of many values."""
    states = [f"S{at}" for at in range(50)]
    tables = [
        {"x": numbers(count), "s": [DRAW.choice(states) for _ in range(count)]} for _ in range(2)
    ]
    moved = drift.compare(drift.profile(tables[0]), tables[1])

    assert max(entry["psi"] for entry in moved) < 0.2


def test_a_shift_of_half_a_deviation_is_seen_and_its_end_is_named() -> None:
    (entry,) = drift.compare(drift.profile({"x": numbers(2000)}), {"x": numbers(2000, 0.5)})

    assert 0.15 < entry["psi"] < 0.4
    assert entry["most"].startswith(("above ", "up to "))


def test_the_index_is_that_of_the_textbook() -> None:
    before, now = ["a"] * 5000 + ["b"] * 5000, ["a"] * 7000 + ["b"] * 3000

    assert psi({"c": before}, {"c": now}) == pytest.approx(0.1695, abs=0.001)


def test_a_value_that_was_never_there_counts_as_other() -> None:
    (entry,) = drift.compare(drift.profile({"c": ["a"] * 900}), {"c": ["a"] * 600 + ["z"] * 300})

    assert entry["psi"] > 1
    assert entry["most"] == "any other value: 0.0% of the rows before, 33.3% now"


def test_missing_values_are_a_bin_of_their_own() -> None:
    before = numbers(900)
    (entry,) = drift.compare(
        drift.profile({"x": before}), {"x": [float("nan")] * 300 + before[:600]}
    )

    assert entry["most"].startswith("missing: 0.0% of the rows before, 33.3% now")


def test_only_columns_that_both_tables_have_in_one_kind_are_compared() -> None:
    before = {"x": [1.0, 2.0], "gone": [1.0, 2.0], "kind": [1.0, 2.0]}
    now = {"x": [1.0, 2.0], "new": ["a", "b"], "kind": ["1", "2"]}

    assert [entry["column"] for entry in drift.compare(drift.profile(before), now)] == ["x"]


def test_a_column_of_one_number_and_an_empty_one_are_fine() -> None:
    columns = {"one": [3.0] * 200, "none": [float("nan")] * 200}

    moved = drift.compare(drift.profile(columns), columns)

    assert [entry["psi"] for entry in moved] == [0.0, 0.0]
