"""The pipeline as a picture: steps from top to bottom in the order of work, with their times."""

from collections.abc import Sequence

from domain.figures import elapsed
from domain.pages.charts import label, picture
from domain.pages.markup import Safe, tag
from domain.pages.view import Step

_BOX, _HIGH, _GAP_X, _GAP_Y = 148, 46, 12, 26
_MOST_STEPS = 60
_GOOD = {"Succeeded"}
_BAD = {"Failed", "Stopped"}


def dag_chart(name: str, steps: Sequence[Step]) -> Safe:
    """An SVG of the steps; `name` keeps the ids of several charts on one page apart."""
    shown = steps[:_MOST_STEPS]
    rows = _rows(shown)
    widest = max(len(row) for row in rows)
    width = max(320, widest * (_BOX + _GAP_X) + _GAP_X)
    height = len(rows) * (_HIGH + _GAP_Y) - _GAP_Y + 8
    places = {
        step.name: _place(column, len(row), line, width)
        for line, row in enumerate(rows)
        for column, step in enumerate(row)
    }
    edges = [
        _edge(places[before], places[step.name])
        for step in shown
        for before in step.after
        if before in places and places[before][1] < places[step.name][1]
    ]
    boxes = [_box(step, *places[step.name]) for step in shown]
    words = "; ".join(f"{step.name}: {_state(step)}" for step in shown)
    title = f"Pipeline of {len(shown)} steps"
    return picture(name, title, f"{words}.", *edges, *boxes, size=(width, height), class_="dag")


def _rows(steps: Sequence[Step]) -> list[list[Step]]:
    """Steps by the length of the longest way to them; a step in a circle stays where it was met."""
    by_name = {step.name: step for step in steps}
    depth: dict[str, int] = {}

    def deep(step: Step, met: frozenset[str]) -> int:
        if step.name not in depth:
            before = [by_name[a] for a in step.after if a in by_name and a not in met]
            met = met | {step.name}
            depth[step.name] = max((deep(one, met) + 1 for one in before), default=0)
        return depth[step.name]

    for step in steps:
        deep(step, frozenset({step.name}))
    used = sorted(set(depth.values()))
    return [[step for step in steps if depth[step.name] == level] for level in used] or [[]]


def _place(column: int, columns: int, line: int, width: int) -> tuple[float, float]:
    total = columns * _BOX + (columns - 1) * _GAP_X
    left = (width - total) / 2 + column * (_BOX + _GAP_X)
    return left, 4 + line * (_HIGH + _GAP_Y)


def _box(step: Step, left: float, top: float) -> Safe:
    tone = "good" if step.status in _GOOD else "bad" if step.status in _BAD else "idle"
    middle = left + _BOX / 2
    name = step.name if len(step.name) <= 20 else f"{step.name[:19]}…"
    return tag(
        "g",
        tag(
            "rect", x=left, y=top, width=_BOX, height=_HIGH, rx=9, class_=f"node {tone}"
        ),
        label(name, middle, top + 19, class_="strong"),
        label(_state(step), middle, top + 36),
    )  # fmt: skip


def _edge(start: tuple[float, float], end: tuple[float, float]) -> Safe:
    x1, y1 = start[0] + _BOX / 2, start[1] + _HIGH
    x2, y2 = end[0] + _BOX / 2, end[1]
    bend = y2 - _GAP_Y / 2
    path = (
        f"M{x1:g} {y1:g}V{bend:g}H{x2:g}V{y2 - 1:g}" if x1 != x2 else f"M{x1:g} {y1:g}V{y2 - 1:g}"
    )
    return tag("path", d=path, class_="edge")


def _state(step: Step) -> str:
    if step.cached:
        return "from the cache"
    time = elapsed(step.seconds) if step.seconds is not None else ""
    if step.status in _GOOD:
        return time or "done"
    word = step.status.lower() if step.status else "not run"
    return f"{word}, {time}" if time else word
