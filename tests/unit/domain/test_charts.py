"""Charts say in words what they draw, and draw what they are given."""

import re

from domain.evidence import Confusion
from domain.pages.charts import bar_chart, confusion_chart, histogram, pr_chart, roc_chart
from domain.pages.dag import dag_chart
from domain.pages.view import Step

STEP = "Processing"


def test_a_roc_curve_goes_from_the_lower_left_to_the_upper_right() -> None:
    chart = roc_chart(((0.0, 0.0), (0.1, 0.8), (1.0, 1.0)), 0.9213)
    curve = re.search('<polyline points="([^"]+)"', chart)
    assert curve
    assert curve[1].split() == ["44,250", "68,58", "284,10"]
    assert "area under the curve 0.921" in chart
    assert "at a false positive rate of 0.10 the true positive rate is 0.80" in chart


def test_points_outside_the_unit_square_stay_inside_the_picture() -> None:
    chart = roc_chart(((-5.0, -5.0), (9.0, 9.0)), None)
    assert 'points="44,250 284,10"' in chart


def test_a_curve_without_points_is_an_empty_chart() -> None:
    assert "polyline" in roc_chart((), 0.5)
    assert "polyline" in pr_chart((), None, None)


def test_a_confusion_matrix_is_read_out_in_sentences() -> None:
    chart = confusion_chart(Confusion(tp=106, fp=28, fn=37, tn=829))
    assert "Of 143 positive rows the model found 106 and missed 37." in chart
    assert "Of 857 negative rows it let 829 pass and flagged 28 wrongly." in chart
    assert "NaN" not in confusion_chart(Confusion(0, 0, 0, 0))


def test_bars_are_as_long_as_their_values() -> None:
    chart = bar_chart("b", "Bars", [("a", 2.0), ("b", 1.0)], ["2", "1"])
    assert re.findall(r'<rect [^>]*width="([\d.]+)"', chart) == ["306", "153"]
    assert "a 2; b 1." in chart


def test_a_histogram_names_its_percentiles() -> None:
    chart = histogram(((10.0, 190.0), (20.0, 10.0)), [("p95", 12.1)])
    assert "190 within 10 ms; 10 within 20 ms. p95 12.1 ms." in chart
    assert len(re.findall("barfill", chart)) == 2


def boxes(chart: str) -> dict[str, tuple[float, float]]:
    found = re.findall(r'<rect x="([\d.]+)" y="([\d.]+)".*?class="strong">([^<]+)<', chart)
    return {name: (float(x), float(y)) for x, y, name in found}


def test_a_step_stands_below_the_steps_that_it_waits_for() -> None:
    places = boxes(
        dag_chart(
            "dag",
            [
                Step("Compare", STEP, "Succeeded", 5, ("Train", "Champion")),
                Step("Train", STEP, "Succeeded", 5, ("Check",)),
                Step("Check", STEP, "Succeeded", 5),
                Step("Champion", STEP, "Succeeded", 5),
            ],
        )
    )
    assert places["Check"][1] < places["Train"][1] < places["Compare"][1]
    assert places["Champion"][1] == places["Check"][1]
    assert places["Champion"][0] != places["Check"][0]


def test_a_step_says_how_long_it_took_or_why_not() -> None:
    chart = dag_chart(
        "dag",
        [
            Step("A", STEP, "Succeeded", 214),
            Step("B", STEP, "Succeeded", None, ("A",), cached=True),
            Step("C", STEP, "Failed", 3, ("B",)),
            Step("D", STEP, "", None, ("C",)),
        ],
    )
    assert "A: 3 min 34 s; B: from the cache; C: failed, 3 s; D: not run." in chart


def test_steps_in_a_circle_and_steps_that_are_not_there_do_not_stop_the_picture() -> None:
    steps = [Step("A", STEP, "", None, ("B", "Gone")), Step("B", STEP, "", None, ("A",))]
    assert set(boxes(dag_chart("dag", steps))) == {"A", "B"}


def test_a_long_chain_is_drawn_as_far_as_fits() -> None:
    steps = [Step(f"S{n}", STEP, "", None, (f"S{n - 1}",)) for n in range(500)]
    assert "Pipeline of 60 steps" in dag_chart("dag", steps)
