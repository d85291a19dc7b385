"""statistics.json and constraints.json, in the form of SageMaker's monitor."""

import describe
from hypothesis import given
from hypothesis import strategies as st

NAN = float("nan")


def test_numbers_are_counted_summed_and_bucketed() -> None:
    feature = describe.describe({"x": [1.0, 2.0, 3.0, NAN]}, total=4)["features"][0]

    assert feature["inferred_type"] == "Integral"
    figures = feature["numerical_statistics"]
    assert figures["common"] == {"num_present": 3, "num_missing": 1}
    assert (figures["mean"], figures["sum"], figures["min"], figures["max"]) == (2.0, 6.0, 1.0, 3.0)
    assert sum(bucket["count"] for bucket in figures["distribution"]["kll"]["buckets"]) == 3


def test_text_is_counted_by_value() -> None:
    feature = describe.describe({"x": ["a", "b", "a", ""]}, total=4)["features"][0]

    assert feature["string_statistics"]["distinct_count"] == 2
    assert feature["string_statistics"]["common"] == {"num_present": 3, "num_missing": 1}
    assert feature["string_statistics"]["distribution"]["categorical"]["buckets"][0] == {
        "value": "a",
        "count": 2,
    }


def test_a_constraint_says_what_a_later_table_must_keep() -> None:
    statistics = describe.describe({"n": [0.5, NAN], "t": ["a", "b"]}, total=2)

    number, text = describe.constrain(statistics)["features"]

    assert number["completeness"] == 0.5
    assert number["num_constraints"] == {"is_non_negative": True}
    assert text["string_constraints"] == {"domains": ["a", "b"]}


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200))
def test_the_buckets_hold_every_value_once(values: list[float]) -> None:
    figures = describe.describe({"x": values}, len(values))["features"][0]["numerical_statistics"]

    buckets = figures["distribution"]["kll"]["buckets"]
    assert sum(bucket["count"] for bucket in buckets) == len(values)
    assert all(bucket["count"] >= 0 for bucket in buckets)
