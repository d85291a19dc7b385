"""Read the parts that preprocess wrote: rows.csv, the label as a number before the raw fields."""

import csv
from pathlib import Path


def read_part(folder: Path) -> tuple[list[float], list[list[str]]]:
    """Return (labels, raw rows) of one part that preprocess wrote."""
    with (folder / "rows.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    return [float(row[0]) for row in rows], [row[1:] for row in rows]
