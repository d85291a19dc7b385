"""Parity: the endpoint scores the golden set, and each segment of it, as the evaluation did."""

from collections.abc import Sequence

from domain import scoring
from domain.golden import Golden, Segment
from domain.limits import Limits
from domain.observed import Check, Observed, scores_of

SCORE_TOLERANCE = 1e-3


def check_parity(seen: Observed, limits: Limits) -> Check:
    """The endpoint scores the golden set as the evaluation did."""
    scores = scores_of(seen.scored)
    golden = seen.golden
    if scores is None or len(scores) != len(golden.rows):
        return _unscored("parity", seen)
    here = _figure(golden, golden.labels, scores)
    gaps = _gaps(golden, scores)
    worst = max(range(len(gaps)), key=gaps.__getitem__)
    scale = max(1.0, abs(golden.scores[worst]))
    near = abs(here - golden.registered) <= _limit(golden, golden.registered, limits)
    passed = near and gaps[worst] <= SCORE_TOLERANCE * scale
    name = golden.metric.upper()
    return Check(
        "parity",
        passed,
        f"{name} {here:.4f} on the endpoint, {golden.registered:.4f} registered; "
        f"the largest difference of one score is {gaps[worst]:.2g}.",
        {golden.metric: here, "registered": golden.registered, "largest_gap": gaps[worst]},
        request=None if passed else golden.rows[worst],
        response=None if passed else _both(golden, scores, worst),
    )


def check_segments(seen: Observed, limits: Limits) -> Check:
    """The endpoint scores each segment that parameters.yaml names as the evaluation did."""
    scores, golden = scores_of(seen.scored), seen.golden
    if not golden.segments:
        return Check("segments", True, "No segment with enough rows is registered.")
    if scores is None or len(scores) != len(golden.rows):
        return _unscored("segments", seen)
    far = [(_distance(golden, one, scores) / _limit(golden, one.registered, limits), one)
           for one in golden.segments]  # fmt: skip
    # A figure that is no number is the farthest of all.
    share, worst = max(far, key=lambda pair: (pair[0] != pair[0], pair[0]))
    numbers = {f"{one.column}={one.value}": _of(golden, one, scores) for one in golden.segments}
    here, name = _of(golden, worst, scores), golden.metric.upper()
    words = (
        f"{worst.column} = {worst.value or 'missing'}: {name} {here:.4f} on the endpoint, "
        f"{worst.registered:.4f} registered, {len(worst.rows)} rows"
    )
    if share <= 1:
        many = f"{len(golden.segments)} segments score as registered; the farthest is {words}."
        return Check("segments", True, many, numbers)
    gaps = _gaps(golden, scores)
    row = max(worst.rows, key=gaps.__getitem__)
    return Check(
        "segments", False, f"{words}.", numbers,
        request=golden.rows[row], response=_both(golden, scores, row),
    )  # fmt: skip


def _unscored(name: str, seen: Observed) -> Check:
    bad = next((one for one in seen.scored if scores_of([one]) is None), None)
    bad = bad or (seen.scored[0] if seen.scored else None)
    return Check(
        name, False, "The golden set could not be scored.",
        request=(bad.request if bad else seen.golden.rows[0])[:500],
        response=f"{bad.status}: {bad.body[:500]}" if bad else "nothing",
    )  # fmt: skip


def _figure(golden: Golden, labels: Sequence[float], scores: Sequence[float]) -> float:
    figure = scoring.roc_auc if golden.metric == "auc" else scoring.rmse
    return figure(labels, scores)


def _of(golden: Golden, segment: Segment, scores: Sequence[float]) -> float:
    at = segment.rows
    return _figure(golden, [golden.labels[i] for i in at], [scores[i] for i in at])


def _distance(golden: Golden, segment: Segment, scores: Sequence[float]) -> float:
    return abs(_of(golden, segment, scores) - segment.registered)


def _limit(golden: Golden, registered: float, limits: Limits) -> float:
    """AUC may drift by the tolerance, RMSE by that share of what is registered."""
    scale = 1.0 if golden.metric == "auc" else max(abs(registered), 1e-9)
    return max(limits.auc_tolerance * scale, 1e-9)


def _gaps(golden: Golden, scores: Sequence[float]) -> list[float]:
    return [abs(a - b) for a, b in zip(scores, golden.scores, strict=True)]


def _both(golden: Golden, scores: Sequence[float], row: int) -> str:
    return f"{scores[row]} (registered {golden.scores[row]})"
