"""Turn the label's spelling into a number: 1 or 0 for a class, else the value itself."""

from container import StepError
from settings import BINARY, Settings, TableSpec
from table import Row, number


def read_labels(rows: list[Row], spec: TableSpec, settings: Settings) -> list[float]:
    """Return one number per row, or raise StepError naming the row and the spelling."""
    column = list(spec.columns).index(spec.label)
    if settings["problem"] != BINARY:
        return [_value(row, row.fields[column], spec) for row in rows]
    spelling = dict.fromkeys(settings["label"]["positive"], 1.0)
    spelling.update(dict.fromkeys(settings["label"]["negative"], 0.0))
    return [_class(row, row.fields[column], spec.label, spelling) for row in rows]


def _class(row: Row, text: str, label: str, spelling: dict[str, float]) -> float:
    try:
        return spelling[text]
    except KeyError:
        if not text:
            raise StepError(
                f"{row.place}: label column '{label}' is empty; fill it or remove the row."
            ) from None
        known = ", ".join(f"'{name}'" for name in spelling)
        raise StepError(
            f"{row.place}: label column '{label}' says '{text[:40]}', known are {known}; add this"
            " spelling to label.positive or label.negative in parameters.yaml."
        ) from None


def _value(row: Row, text: str, spec: TableSpec) -> float:
    try:
        return number(text, spec.decimal)
    except ValueError:
        raise StepError(
            f"{row.place}: label column '{spec.label}' says '{text[:40]}', which is not a number;"
            " correct the value or remove the row."
        ) from None
