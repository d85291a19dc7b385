"""How far a table has moved from the one that the champion was trained on, column by column.

The measure is the population stability index (PSI), over the tenths of the baseline for numbers
and over the values for text: Σ (now − before) · ln(now / before) of the shares. Few rows make it
grow by chance alone, by about (bins − 1) · (1/rows now + 1/rows before); that much is taken off.
Rules of thumb: below 0.1 is steady, above 0.25 is another population.
"""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

TENTHS = 10
MOST_VALUES = 50  # of a text column; the rest is counted together
SMOOTHING = 0.5  # rows added to each bin, so that an empty one has a logarithm
OTHER, MISSING = "any other value", "missing"
FORMAT = 1

Columns = Mapping[str, Sequence[Any]]
Profile = dict[str, Any]


def profile(columns: Columns) -> Profile:
    """Return profile.json: for each column how to bin it, and how many rows are in each bin.

    Columns of numbers have NaN for missing, columns of text ''.
    """
    described = {name: _bins(values) for name, values in columns.items()}
    for name, entry in described.items():
        entry["counts"] = _count(entry, columns[name])
    return {"format": FORMAT, "columns": described}


def _bins(values: Sequence[Any]) -> dict[str, Any]:
    if values and isinstance(values[0], str):
        common = Counter(value for value in values if value != "").most_common(MOST_VALUES)
        return {"values": sorted(value for value, _ in common)}
    present = sorted(value for value in values if not math.isnan(value))
    cuts = (present[len(present) * k // TENTHS] for k in range(1, TENTHS) if present)
    return {"edges": sorted(set(cuts))}


def _count(bins: Mapping[str, Any], values: Sequence[Any]) -> list[int]:
    """Return the rows in each bin: those of the profile, (other,) missing."""
    if "values" in bins:
        known = Counter(values)
        counts = [known[value] for value in bins["values"]]
        missing = known[""]
        return [*counts, len(values) - sum(counts) - missing, missing]
    edges = bins["edges"]
    counts = [0] * (len(edges) + 2)
    for value in values:
        counts[-1 if math.isnan(value) else bisect_left(edges, value)] += 1
    return counts


def _labels(bins: Mapping[str, Any]) -> list[str]:
    if "values" in bins:
        return [*(f"'{value}'" for value in bins["values"]), OTHER, MISSING]
    edges = [f"{edge:g}" for edge in bins["edges"]]
    if not edges:
        return ["any number", MISSING]
    between = [f"{low} to {high}" for low, high in pairwise(edges)]
    return [f"up to {edges[0]}", *between, f"above {edges[-1]}", MISSING]


def compare(baseline: Profile, columns: Columns) -> list[dict[str, Any]]:
    """Return [{"column", "psi", "most"}] of the columns that both tables have, the largest first.

    `most` says which bin moved most. A column that was text and is numbers now is left out: the
    schema says that. Raises KeyError or TypeError for a baseline that is none.
    """
    found = []
    for name, bins in baseline["columns"].items():
        if name not in columns or ("values" in bins) != _is_text(columns[name]):
            continue
        psi, most = _psi(bins["counts"], _count(bins, columns[name]), _labels(bins))
        found.append({"column": name, "psi": round(psi, 4), "most": most})
    return sorted(found, key=lambda entry: (-entry["psi"], entry["column"]))


def _is_text(values: Sequence[Any]) -> bool:
    return bool(values) and isinstance(values[0], str)


def _psi(before: Sequence[int], now: Sequence[int], labels: Sequence[str]) -> tuple[float, str]:
    used = [at for at in range(len(before)) if before[at] or now[at]]
    totals = sum(before) + SMOOTHING * len(used), sum(now) + SMOOTHING * len(used)
    shares = {
        at: ((before[at] + SMOOTHING) / totals[0], (now[at] + SMOOTHING) / totals[1]) for at in used
    }
    parts = {at: (new - old) * math.log(new / old) for at, (old, new) in shares.items()}
    chance = (len(used) - 1) * (1 / totals[0] + 1 / totals[1])
    most = max(used, key=lambda at: parts[at])
    words = f"{labels[most]}: {before[most] / max(sum(before), 1):.1%} of the rows before,"
    return max(0.0, sum(parts.values()) - chance), (
        f"{words} {now[most] / max(sum(now), 1):.1%} now"
    )
