"""The pipeline's own refusal, read back: which figure missed which bound.

The Fail step's message is written by `pipeline_def/outcomes.py`, and ends up in SageMaker as text:
"The model is not good enough: auc 0.81 (at least 0.85) f1 0.7 (at least 0.6)".
"""

import re

from domain.evidence import Bound, number

_FIGURE = re.compile(r"([A-Za-z]\w*) ([\w.+-]+) \(at (least|most) ([\d.eE+-]+)\)")


def figures(message: str) -> list[tuple[Bound, float | None]]:
    """Each bound with the figure that was measured; None for one that could not be computed."""
    found = []
    for name, value, side, limit in _FIGURE.findall(message):
        bound = number(_float(limit))
        if bound is not None:
            low, high = (bound, None) if side == "least" else (None, bound)
            found.append((Bound(name, low, high), number(_float(value))))
    return found


def _float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
