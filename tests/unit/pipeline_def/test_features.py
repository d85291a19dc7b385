"""The encoder: learnt once, applied the same way everywhere."""

import math
from itertools import combinations
from pathlib import Path
from random import Random

import features
import preprocess
import pytest
from container import LONGEST_MESSAGE, StepError, run
from hypothesis import given
from hypothesis import strategies as st

COLUMNS = {"plan": "categorical", "minutes": "numeric", "phone": "dropped"}
ROWS = [["yes", "1.5", "555"], ["no", "", "556"], ["no", "3", "557"], ["gold", "4", "558"]]


def test_names_are_such_as_xgboost_takes_whatever_the_table_says() -> None:
    columns = {"age [years]": "categorical", "a": "categorical", "a=b": "categorical"}
    rows = [["<30", "b=c", "c"], ["(30", "b=c", "c"], ["[30", "b=c", "c"]]

    names = features.names(features.learn(columns, rows, rare=1))

    assert names == [
        "age (years)=(30", "age (years)=‹30", "age (years)=(30 #2", "a=b=c", "a=b=c #4",
    ]  # fmt: skip


def test_a_value_that_is_frequent_enough_gets_its_own_feature() -> None:
    assert features.names(features.learn(COLUMNS, ROWS, rare=1)) == [
        "plan=gold",
        "plan=no",
        "plan=yes",
        "minutes",
    ]
    assert features.names(features.learn(COLUMNS, ROWS, rare=2)) == ["plan=no", "minutes"]


def test_unseen_values_are_all_zeros_and_missing_numbers_stay_unknown() -> None:
    encoder = features.learn(COLUMNS, ROWS, rare=2)

    assert features.encode(encoder, [["no", "3", ""], ["silver", "-1e2", "x"]]) == [
        [1.0, 3.0],
        [0.0, -100.0],
    ]
    assert math.isnan(features.encode(encoder, [["no", "", ""]])[0][1])


def test_a_dropped_column_is_taken_and_never_looked_at() -> None:
    encoder = features.learn(COLUMNS, ROWS, rare=1)

    assert features.encode(encoder, [["no", "1", "a"]]) == features.encode(
        encoder, [["no", "1", "b"]]
    )


@pytest.mark.parametrize("value", ["many", "inf", "nan", "1,5", "0x10", "1_0", "1e39"])
def test_what_is_no_number_is_refused_with_row_and_column(value: str) -> None:
    encoder = features.learn(COLUMNS, ROWS, rare=1)

    with pytest.raises(features.RowError, match=r"row 2, column 'minutes': '.*' is not a number"):
        features.encode(encoder, [["no", "1", ""], ["no", value, ""]])


def test_a_row_of_another_width_is_refused_with_the_columns() -> None:
    encoder = features.learn(COLUMNS, ROWS, rare=1)

    with pytest.raises(features.RowError, match="row 1 has 2 fields instead of 3: plan, minutes,"):
        features.encode(encoder, [["no", "1"]])


@given(st.lists(st.lists(st.text(max_size=5), max_size=5), max_size=5))
def test_no_text_at_all_makes_the_encoder_crash(rows: list[list[str]]) -> None:
    encoder = features.learn(COLUMNS, ROWS, rare=1)
    try:
        matrix = features.encode(encoder, rows)
    except features.RowError:
        return
    assert [len(row) for row in matrix] == [4] * len(rows)


SPLIT = {
    "problem": "binary_classification",
    "split": {"train": 0.7, "validation": 0.2, "seed": 1729},
}


def rows_of(count: int) -> list[list[str]]:
    return [[str(at), "x"] for at in range(count)]


@given(st.lists(st.booleans(), min_size=1, max_size=300))
def test_each_row_is_in_exactly_one_part(labels: list[bool]) -> None:
    parts = preprocess.split(rows_of(len(labels)), [float(x) for x in labels], SPLIT)

    assert sorted(parts["train"] + parts["validation"] + parts["test"]) == list(range(len(labels)))


def test_every_part_has_its_share_of_both_classes() -> None:
    labels = [1.0] * 140 + [0.0] * 860

    parts = preprocess.split(rows_of(1000), labels, SPLIT)

    shares = {name: sum(labels[at] for at in members) for name, members in parts.items()}
    assert shares == {"train": 98, "validation": 28, "test": 14}
    assert {name: len(members) for name, members in parts.items()} == {
        "train": 700,
        "validation": 200,
        "test": 100,
    }


def test_the_split_depends_on_the_seed_alone() -> None:
    labels = [float(at % 3 == 0) for at in range(90)]
    other = {**SPLIT, "split": {**SPLIT["split"], "seed": 1}}  # type: ignore[dict-item]

    rows = rows_of(90)

    assert preprocess.split(rows, labels, SPLIT) == preprocess.split(rows, labels, SPLIT)
    assert preprocess.split(rows, labels, SPLIT) != preprocess.split(rows, labels, other)


def content(rows: list[list[str]], labels: list[float]) -> dict[str, set[str]]:
    """Return which rows are in each part."""
    parts = preprocess.split(rows, labels, SPLIT)
    return {name: {rows[at][0] for at in members} for name, members in parts.items()}


@pytest.mark.parametrize("new", [0, 1, 50, 500, 5000])
@pytest.mark.parametrize("old", [300, 3000])
def test_a_table_that_grew_tests_on_no_row_that_was_learnt_from(old: int, new: int) -> None:
    draw = Random(7)
    labels = [float(draw.random() < 0.15) for _ in range(old + new)]
    rows = rows_of(old + new)
    before = content(rows[:old], labels[:old])
    order = list(range(old + new))
    draw.shuffle(order)

    after = content([rows[at] for at in order], [labels[at] for at in order])

    assert len(after["test"]) == pytest.approx(0.1 * (old + new), abs=2)
    assert before["train"] & after["test"] == set()


@pytest.mark.parametrize("positives", [0, 3])
def test_a_part_with_one_class_alone_is_refused(positives: int) -> None:
    labels = [1.0] * positives + [0.0] * 100
    parts = preprocess.split(rows_of(len(labels)), labels, SPLIT)
    empty = "train" if positives == 0 else "test"

    with pytest.raises(StepError, match=f"^the {empty} part would not have rows of both classes"):
        preprocess.check_parts(parts, labels, SPLIT)


def test_a_part_without_rows_is_refused_of_a_number_too() -> None:
    settings = {**SPLIT, "problem": "regression"}
    parts = preprocess.split(rows_of(3), [1.0, 2.0, 3.0], settings)

    with pytest.raises(StepError, match=r"^the test part would not have any rows, of 3 rows"):
        preprocess.check_parts(parts, [1.0, 2.0, 3.0], settings)


def test_copies_of_a_row_are_in_one_part() -> None:
    rows = [[str(at // 2)] for at in range(200)]

    parts = content(rows, [0.0] * 200)

    assert all(len(a & b) <= 1 for a, b in combinations(parts.values(), 2))


def test_a_failure_leaves_one_line_where_sagemaker_looks(tmp_path: Path) -> None:
    def refuse() -> None:
        raise StepError("churn.csv, line 7 is wrong;\n correct it. " + "x" * 2000)

    code = run(refuse, tmp_path / "output" / "message")

    message = (tmp_path / "output" / "message").read_text()
    assert code == 1
    assert message.startswith("churn.csv, line 7 is wrong; correct it.")
    assert len(message) == LONGEST_MESSAGE


def test_an_unforeseen_error_is_named_too(tmp_path: Path) -> None:
    def divide() -> None:
        print(1 // 0)

    assert run(divide, tmp_path / "failure") == 1
    assert (tmp_path / "failure").read_text().startswith("ZeroDivisionError: ")


def test_a_step_that_ends_well_leaves_no_message(tmp_path: Path) -> None:
    assert run(lambda: None, tmp_path / "message") == 0
    assert not (tmp_path / "message").exists()
