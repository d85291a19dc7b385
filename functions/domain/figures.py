"""How figures are named and written for people: one way on pages, in mails and in Slack."""

from datetime import UTC, datetime

MISSING = "–"

_LABELS = {
    "auc": "AUC",
    "average_precision": "Average precision",
    "f1": "F1",
    "f0_5": "F0.5",
    "f2": "F2",
    "mse": "MSE",
    "rmse": "RMSE",
    "mae": "MAE",
    "r2": "R²",
}
_LOWER_IS_BETTER = {"mse", "rmse", "mae", "false_positive_rate", "false_negative_rate", "logloss"}


def label(name: str) -> str:
    """`auc` → `AUC`; a name that is not known is made readable."""
    return _LABELS.get(name) or name.replace("_", " ").strip().capitalize()


def lower_is_better(name: str) -> bool:
    """Whether a smaller value of this figure is the better one."""
    return name in _LOWER_IS_BETTER


def show(value: float | None, places: int = 3) -> str:
    """A figure with three places, or with three digits where it is large; `–` when missing."""
    if value is None:
        return MISSING
    if abs(value) >= 1000:
        return f"{value:,.0f}".replace("-", "−")
    return f"{value:.{places if abs(value) < 100 else 1}f}".replace("-", "−")


def signed(value: float) -> str:
    """A difference with its sign, `+0.012` or `−0.003`."""
    return ("+" if value >= 0 else "") + show(value)


def count(value: float | None) -> str:
    """A whole number, `5,000`."""
    return MISSING if value is None else f"{value:,.0f}"


def share(part: float, total: float) -> str:
    """`14.2 %` of a total; `–` of nothing."""
    return f"{100 * part / total:.1f} %" if total else MISSING


def milliseconds(value: float | None) -> str:
    """`7.4 ms`, `85 ms`, `1.20 s`."""
    if value is None:
        return MISSING
    if value >= 1000:
        return f"{value / 1000:.2f} s"
    return f"{value:.1f} ms" if value < 10 else f"{value:.0f} ms"


def duration(seconds: float) -> str:
    """`8 s`, `4 min`, `3 h`, `2 days`: rounded, for people."""
    units = ((86400 * 2, 86400, "days"), (5400, 3600, "h"), (90, 60, "min"))
    for least, unit, name in units:
        if seconds >= least:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} s"


def elapsed(seconds: float) -> str:
    """`12 s`, `3 min 34 s`, `2 h 5 min`: how long a step took."""
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def moment(at: datetime) -> str:
    """`23 Nov 2026, 09:00 UTC`: pages cannot know the reader's zone, so they say theirs."""
    return f"{at.astimezone(UTC):%d %b %Y, %H:%M} UTC".removeprefix("0")
