"""Charts as inline SVG: role, title and description in each, colours from the style sheet.

Coordinates are user units; a chart is drawn 320 wide for a phone and grows with its column.
"""

from collections.abc import Sequence

from domain.evidence import Confusion, Pairs
from domain.figures import count, share, show
from domain.pages.markup import Child, Safe, tag

_WIDTH, _HEIGHT = 320, 290
_LEFT, _TOP, _SIDE = 44, 10, 240


def picture(
    name: str,
    title: str,
    description: str,
    *shapes: Child,
    size: tuple[int, int],
    class_: str = "chart",
) -> Safe:
    """An SVG that a screen reader announces by `title` and reads by `description`."""
    return tag(
        "svg",
        tag("title", title, id=f"{name}-title"),
        tag("desc", description, id=f"{name}-desc"),
        *shapes,
        viewBox=f"0 0 {size[0]} {size[1]}",
        role="img",
        aria_labelledby=f"{name}-title {name}-desc",
        class_=class_,
    )


def label(value: str, x: float, y: float, anchor: str = "middle", class_: str = "") -> Safe:
    """A text at a place."""
    return tag("text", value, x=_at(x), y=_at(y), text_anchor=anchor, class_=class_ or None)


def roc_chart(points: Pairs, auc: float | None) -> Safe:
    """The ROC curve with the line of a coin toss; `points` are (false, true positive rate)."""
    description = (
        f"True positive rate over false positive rate; area under the curve {show(auc)}. "
        + _samples(points, "at a false positive rate of", "the true positive rate is")
    )
    toss = _line("ref", (0.0, 0.0), (1.0, 1.0))
    axes = _axes("False positive rate", "True positive rate")
    shapes = (*axes, _area(points), toss, _curve(points))
    value = label(f"AUC {show(auc)}", _x(0.96), _y(0.08), "end", "strong")
    return picture("roc", "ROC curve", description, *shapes, value, size=(_WIDTH, _HEIGHT))


def pr_chart(points: Pairs, base_rate: float | None, average: float | None) -> Safe:
    """Precision over recall; the dashed line is what saying yes to all would reach."""
    ordered = sorted(points)
    description = f"Precision over recall; average precision {show(average)}. " + _samples(
        ordered, "at a recall of", "the precision is"
    )
    axes = _axes("Recall", "Precision")
    base = _line("ref", (0.0, base_rate), (1.0, base_rate)) if base_rate is not None else None
    value = label(f"AP {show(average)}", _x(0.04), _y(0.08), "start", "strong")
    shapes = (*axes, _area(ordered), base, _curve(ordered), value)
    return picture("pr", "Precision-recall curve", description, *shapes, size=(_WIDTH, _HEIGHT))


def confusion_chart(matrix: Confusion) -> Safe:
    """Four cells: what the rows are, and what the model said."""
    total = matrix.tp + matrix.fp + matrix.fn + matrix.tn
    description = (
        f"Of {count(matrix.tp + matrix.fn)} positive rows the model found {count(matrix.tp)} and "
        f"missed {count(matrix.fn)}. Of {count(matrix.tn + matrix.fp)} negative rows it let "
        f"{count(matrix.tn)} pass and flagged {count(matrix.fp)} wrongly."
    )
    cells = [
        _cell(70, 34, "cell-good", matrix.tp, total, "found"),
        _cell(194, 34, "cell-bad", matrix.fn, total, "missed"),
        _cell(70, 128, "cell-bad", matrix.fp, total, "false alarm"),
        _cell(194, 128, "cell-good", matrix.tn, total, "left alone"),
    ]
    heads = [label("said yes", 129, 24), label("said no", 253, 24)]
    sides = [label("is yes", 60, 84, "end", "strong"), label("is no", 60, 178, "end", "strong")]
    title = "Confusion matrix"
    return picture("confusion", title, description, *heads, *sides, *cells, size=(_WIDTH, 222))


def bar_chart(
    name: str, title: str, bars: Sequence[tuple[str, float]], values: Sequence[str]
) -> Safe:
    """Horizontal bars with their names above and their values at the end; strongest first."""
    most = max((abs(size) for _, size in bars), default=0) or 1
    shapes: list[Safe] = []
    for row, ((text, size), value) in enumerate(zip(bars, values, strict=True)):
        top = row * 34
        width = max(2.0, abs(size) / most * 306)
        shapes.append(label(_cut(text, 30), 6, top + 14, "start", "strong"))
        shapes.append(label(value, 314, top + 14, "end"))
        shapes.append(_rect(6, top + 19, width, 9, "barfill", 3))
    listed = "; ".join(f"{text} {value}" for (text, _), value in zip(bars, values, strict=True))
    return picture(name, title, f"{listed}.", *shapes, size=(_WIDTH, 34 * len(bars) + 4))


def histogram(bars: Pairs, marks: Sequence[tuple[str, float]]) -> Safe:
    """Requests by latency: one column per bucket (upper bound in ms), `marks` such as p95 named."""
    most = max((size for _, size in bars), default=0) or 1
    step = 300 / max(1, len(bars))
    shapes: list[Safe] = []
    for place, (upper, size) in enumerate(bars):
        height = max(2.0, size / most * 120)
        left, middle = 10 + place * step, 10 + (place + 0.5) * step
        shapes.append(_rect(left + 3, 150 - height, step - 6, height, "barfill", 3))
        shapes.append(label(count(size), middle, 144 - height))
        shapes.append(label(f"≤ {upper:g}", middle, 168))
    base = tag("line", x1=10, y1=150, x2=310, y2=150, class_="axis")
    named = ", ".join(f"{name} {value:g} ms" for name, value in marks)
    listed = "; ".join(f"{count(size)} within {upper:g} ms" for upper, size in bars)
    title = "Latency of requests"
    unit = label("milliseconds", 160, 188)
    return picture("latency", title, f"{listed}. {named}.", *shapes, base, unit, size=(_WIDTH, 194))


def _axes(across: str, up: str) -> list[Safe]:
    shapes: list[Safe] = []
    for part in (0.0, 0.25, 0.5, 0.75, 1.0):
        shapes.append(_line("grid", (0.0, part), (1.0, part)))
        shapes.append(_line("grid", (part, 0.0), (part, 1.0)))
        if part != 0.25 and part != 0.75:
            shapes.append(label(f"{part:g}", _LEFT - 8, _y(part) + 4, "end"))
            shapes.append(label(f"{part:g}", _x(part), _TOP + _SIDE + 17))
    middle = _TOP + _SIDE / 2
    turned = tag(
        "text", up, transform=f"rotate(-90 12 {middle:g})", x=12, y=middle, text_anchor="middle"
    )
    return [*shapes, label(across, _LEFT + _SIDE / 2, _HEIGHT - 6), turned]


def _curve(points: Sequence[tuple[float, float]]) -> Safe:
    return tag("polyline", points=_path(points), class_="curve")


def _area(points: Sequence[tuple[float, float]]) -> Safe | None:
    if not points:
        return None
    closed = [(points[0][0], 0.0), *points, (points[-1][0], 0.0)]
    return tag("polygon", points=_path(closed), class_="area")


def _path(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{_at(_x(a))},{_at(_y(b))}" for a, b in points)


def _line(class_: str, start: tuple[float, float], end: tuple[float, float]) -> Safe:
    (x1, y1), (x2, y2) = start, end
    return tag(
        "line", x1=_at(_x(x1)), y1=_at(_y(y1)), x2=_at(_x(x2)), y2=_at(_y(y2)), class_=class_
    )


def _cell(x: int, y: int, class_: str, size: int, total: int, word: str) -> list[Safe]:
    return [
        _rect(x, y, 118, 88, class_, 10),
        label(count(size), x + 59, y + 36, class_="big"),
        label(word, x + 59, y + 58),
        label(share(size, total), x + 59, y + 75),
    ]


def _rect(x: float, y: float, width: float, height: float, class_: str, radius: int) -> Safe:
    return tag(
        "rect", x=_at(x), y=_at(y), width=_at(width), height=_at(height), rx=radius, class_=class_
    )


def _samples(points: Sequence[tuple[float, float]], first: str, then: str) -> str:
    """A few points of a curve in words."""
    if not points:
        return ""
    picked = [min(points, key=lambda point: abs(point[0] - at)) for at in (0.1, 0.25, 0.5)]
    return "; ".join(f"{first} {show(a, 2)} {then} {show(b, 2)}" for a, b in picked) + "."


def _x(value: float) -> float:
    return _LEFT + min(1.0, max(0.0, value)) * _SIDE


def _y(value: float) -> float:
    return _TOP + (1 - min(1.0, max(0.0, value))) * _SIDE


def _at(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
