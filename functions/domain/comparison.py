"""What a challenger's comparison leaves in the registry: the champion's figures, the gap, the word.

A pipeline's Register step cannot take values out of a report, so that they are written after it.
Limits of SageMaker's `CustomerMetadataProperties`: 50 keys, 256 characters a value, and of signs
only `_.:/=+-@` beside letters, numbers and blanks.
"""

import unicodedata
from collections.abc import Mapping

from domain.evidence import Difference, Report
from domain.figures import label

VERDICT = "challenge_verdict"
_CHAMPION, _DIFFERENCE = "champion_", "challenge_difference_"
_NO_FIGURES = {"champion_version"}
_SIGNS = "_.:/=+-@"
_MOST_KEYS = 50
_LONGEST = 256


def metadata(report: Report, known: Mapping[str, str]) -> dict[str, str]:
    """All of a version's metadata with the comparison in `report`; `known` if that has none.

    Whether SageMaker adds to the metadata or puts them in the place of the old ones, this is whole.
    """
    values = {**known, **{name: _allowed(value) for name, value in _comparison(report, known)}}
    return values if len(values) <= _MOST_KEYS else dict(known)


def told(known: Mapping[str, str]) -> list[tuple[str, str]]:
    """The comparison in a version's metadata, as a person reads it."""
    lines = [("Verdict", known[VERDICT])] if VERDICT in known else []
    for name, value in sorted(known.items()):
        if name.startswith(_DIFFERENCE):
            lines.append((f"Difference in {label(name.removeprefix(_DIFFERENCE))}", value))
        elif name.startswith(_CHAMPION) and name not in _NO_FIGURES:
            lines.append((f"{label(name.removeprefix(_CHAMPION))} of the champion", value))
    return lines


def _comparison(report: Report, known: Mapping[str, str]) -> list[tuple[str, str]]:
    champion = report.champion
    if champion is None:
        return [(VERDICT, "first")] if known.get("champion_version") == "none" else []
    compared = [gap.name for gap in champion.differences]
    return [
        (VERDICT, champion.verdict or "not recorded"),
        *((f"{_CHAMPION}{name}", f"{champion.figures[name]:.6f}")
          for name in compared if name in champion.figures),
        *((f"{_DIFFERENCE}{gap.name}", _gap(gap)) for gap in champion.differences),
    ]  # fmt: skip


def _gap(gap: Difference) -> str:
    if gap.low is None or gap.high is None:
        return f"{gap.value:+.6f}"
    return f"{gap.value:+.6f} from {gap.low:+.6f} to {gap.high:+.6f}"


def _allowed(value: str) -> str:
    """`value` in the signs that SageMaker takes, cut to what it takes."""
    taken = (one if one in _SIGNS or unicodedata.category(one)[0] in "LN" else " " for one in value)
    return " ".join("".join(taken).split())[:_LONGEST].rstrip() or "not recorded"
