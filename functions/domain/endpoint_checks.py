"""What an endpoint has to show before a person is asked to promote it.

`Observed` is what was sent and what came back; each check is a function of it, so that the list
`CHECKS` can be read, and added to, at one glance. A failing check says what was sent and answered.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain import scoring
from domain.deployment import VARIANT
from domain.golden import Golden
from domain.stages import Limits

SCORE_TOLERANCE = 1e-3
ANSWER_TOLERANCE = 1e-6  # the same artifact on another machine
LATENCY_BOUNDS_MS = (5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0)


@dataclass(frozen=True)
class Answer:
    """One answer: HTTP status of the model (or of SageMaker), body and milliseconds."""

    status: int
    body: str
    milliseconds: float


@dataclass(frozen=True)
class Probe:
    """A request that must be refused, and the answer to it."""

    name: str
    request: str
    answer: Answer


@dataclass(frozen=True)
class Observed:
    """Everything that was seen of an endpoint. Digests are hex SHA-256, or None if unknown."""

    golden: Golden
    scored: Sequence[Answer]
    repeated: Sequence[Answer]
    single: Sequence[Answer]
    probes: Sequence[Probe]
    alive_after: Answer
    artifact_sha256: str | None
    registered_sha256: str | None
    concurrency: int
    staging_scores: Sequence[float] | None = None
    variants: Sequence[Mapping[str, Any]] | None = None


@dataclass(frozen=True)
class Check:
    """The outcome of one check; `detail` is one sentence for a person."""

    name: str
    passed: bool
    detail: str
    numbers: Mapping[str, float] = field(default_factory=dict)
    request: str | None = None
    response: str | None = None


def scores_of(answers: Sequence[Answer]) -> list[float] | None:
    """The scores in CSV answers, one a line; None where an answer is not that."""
    found: list[float] = []
    for answer in answers:
        if answer.status != 200:
            return None
        try:
            found += [float(line) for line in answer.body.replace(",", "\n").split()]
        except ValueError:
            return None
    return found


def check_artifact(seen: Observed, _: Limits) -> Check:
    """The bytes that are served are the bytes that were evaluated."""
    if seen.registered_sha256 is None:
        return Check("artifact", False, "The version has no recorded digest of its artifact.")
    same = seen.artifact_sha256 == seen.registered_sha256
    detail = (
        f"The artifact is the one that was evaluated (sha256 {seen.registered_sha256[:12]}…)."
        if same
        else f"The artifact was changed after registration: sha256 {seen.artifact_sha256}, "
        f"registered {seen.registered_sha256}."
    )
    return Check("artifact", same, detail)


def check_errors(seen: Observed, _: Limits) -> Check:
    """Every well-formed request is answered with 200."""
    answers = [*seen.scored, *seen.repeated, *seen.single]
    bad = [answer for answer in answers if answer.status != 200]
    numbers = {"requests": float(len(answers)), "errors": float(len(bad))}
    if not answers:
        return Check("errors", False, "No good request was sent.", numbers)
    if not bad:
        return Check("errors", True, f"All {len(answers)} good requests were answered.", numbers)
    return Check(
        "errors",
        False,
        f"{len(bad)} of {len(answers)} good requests failed, the first with {bad[0].status}.",
        numbers,
        request=seen.golden.rows[0],
        response=bad[0].body[:500],
    )


def check_schema(seen: Observed, _: Limits) -> Check:
    """One finite score a row; probabilities lie between 0 and 1."""
    scores = scores_of(seen.scored)
    first = seen.scored[0].body[:200] if seen.scored else ""
    rows = len(seen.golden.rows)
    if scores is None or len(scores) != rows:
        count = "no readable" if scores is None else str(len(scores))
        return Check(
            "schema", False, f"{rows} rows were sent and {count} scores came back.",
            request=seen.golden.rows[0], response=first,
        )  # fmt: skip
    high = 1.0 if seen.golden.problem == "binary_classification" else math.inf
    low = 0.0 if high == 1.0 else -math.inf
    odd = [
        index
        for index, score in enumerate(scores)
        if not (math.isfinite(score) and low <= score <= high)
    ]
    if odd:
        return Check(
            "schema", False, f"Row {odd[0] + 1} was scored {scores[odd[0]]}.",
            request=seen.golden.rows[odd[0]], response=str(scores[odd[0]]),
        )  # fmt: skip
    return Check("schema", True, f"{rows} rows, {rows} scores, all in range.")


def check_parity(seen: Observed, limits: Limits) -> Check:
    """The endpoint scores the golden set as the evaluation did."""
    scores = scores_of(seen.scored)
    golden = seen.golden
    if scores is None or len(scores) != len(golden.rows):
        return Check("parity", False, "The golden set could not be scored.")
    if golden.metric == "auc":
        here = scoring.roc_auc(golden.labels, scores)
        limit = limits.auc_tolerance
    else:
        here = scoring.rmse(golden.labels, scores)
        limit = limits.auc_tolerance * max(abs(golden.registered), 1e-9)
    gaps = [abs(a - b) for a, b in zip(scores, golden.scores, strict=True)]
    worst = max(range(len(gaps)), key=gaps.__getitem__)
    scale = max(1.0, abs(golden.scores[worst]))
    passed = abs(here - golden.registered) <= limit and gaps[worst] <= SCORE_TOLERANCE * scale
    name = golden.metric.upper()
    return Check(
        "parity",
        passed,
        f"{name} {here:.4f} on the endpoint, {golden.registered:.4f} registered; "
        f"the largest difference of one score is {gaps[worst]:.2g}.",
        {golden.metric: here, "registered": golden.registered, "largest_gap": gaps[worst]},
        request=None if passed else golden.rows[worst],
        response=None if passed else f"{scores[worst]} (registered {golden.scores[worst]})",
    )


def check_refusals(seen: Observed, _: Limits) -> Check:
    """Bad requests are refused with 4xx, and the endpoint lives on."""
    for probe in seen.probes:
        if not 400 <= probe.answer.status < 500:
            return Check(
                "refusals", False,
                f"A request that is {probe.name} was answered with {probe.answer.status}, not 4xx.",
                request=probe.request[:200], response=probe.answer.body[:500],
            )  # fmt: skip
    if seen.alive_after.status != 200:
        return Check(
            "refusals", False,
            f"After the bad requests the endpoint answered {seen.alive_after.status}.",
            response=seen.alive_after.body[:500],
        )  # fmt: skip
    names = ", ".join(probe.name for probe in seen.probes)
    return Check("refusals", True, f"Refused with 4xx: {names}. The endpoint lives on.")


def check_determinism(seen: Observed, _: Limits) -> Check:
    """The same rows give the same scores."""
    first, again = scores_of(seen.scored[: len(seen.repeated)]), scores_of(seen.repeated)
    same = first is not None and first == again
    detail = "The same rows gave the same scores" + ("." if same else " only sometimes.")
    return Check("determinism", same, detail)


def check_latency(seen: Observed, limits: Limits) -> Check:
    """The p95 of single-row requests is within the budget."""
    times = [answer.milliseconds for answer in seen.single if answer.status == 200]
    p95 = scoring.percentile(times, 0.95)
    passed = bool(times) and p95 <= limits.p95_ms
    return Check(
        "latency",
        passed,
        f"p95 {p95:.0f} ms over {len(times)} single-row requests, {seen.concurrency} at a time; "
        f"the budget is {limits.p95_ms:.0f} ms.",
        {"p95": p95, "budget": limits.p95_ms},
    )


def check_truth(seen: Observed, _: Limits) -> Check:
    """Production gives staging's answers."""
    scores, staging = scores_of(seen.scored), seen.staging_scores
    if staging is None:
        return Check("truth", False, "Staging left no answers to compare with.")
    if scores is None or len(scores) != len(staging):
        return Check("truth", False, f"Staging gave {len(staging)} answers, production others.")
    gaps = [abs(here - there) for here, there in zip(scores, staging, strict=True)]
    worst = max(range(len(gaps)), key=gaps.__getitem__)
    same = gaps[worst] <= ANSWER_TOLERANCE * max(1.0, abs(staging[worst]))
    return Check(
        "truth",
        same,
        f"{len(gaps)} golden requests: the largest difference from staging's answer is "
        f"{gaps[worst]:.2g}.",
        {"largest_gap": gaps[worst]},
        request=None if same else seen.golden.rows[worst],
        response=None if same else f"{scores[worst]} (staging {staging[worst]})",
    )


def check_variants(seen: Observed, _: Limits) -> Check:
    """One variant serves, with all of the traffic that it is to have."""
    variants = seen.variants or []
    names = [variant["VariantName"] for variant in variants]
    if names != [VARIANT]:
        shown = ", ".join(names) or "none"
        return Check("variants", False, f"The endpoint is to have {VARIANT} alone; it has {shown}.")
    now, wanted = variants[0].get("CurrentWeight"), variants[0].get("DesiredWeight")
    detail = f"{VARIANT} has weight {now} of {wanted}."
    return Check("variants", bool(now == wanted and now != 0), detail)


PRODUCTION_CHECKS = (check_truth, check_variants)
CHECKS: tuple[Callable[[Observed, Limits], Check], ...] = (
    check_artifact,
    check_errors,
    check_schema,
    check_parity,
    check_refusals,
    check_determinism,
    check_latency,
)


def judge(seen: Observed, limits: Limits, endpoint: str, started_at: str) -> dict[str, Any]:
    """Every check's outcome, and the latencies, as the report that is stored and shown."""
    wanted = CHECKS if seen.variants is None else (*CHECKS, *PRODUCTION_CHECKS)
    checks = [check(seen, limits) for check in wanted]
    times = [answer.milliseconds for answer in seen.single if answer.status == 200]
    answers = [*seen.scored, *seen.repeated, *seen.single]
    return {
        "passed": all(check.passed for check in checks),
        "endpoint": endpoint,
        "started_at": started_at,
        "checks": [_plain(check) for check in checks],
        "latency_ms": {
            "p50": _round(scoring.percentile(times, 0.50)),
            "p95": _round(scoring.percentile(times, 0.95)),
            "p99": _round(scoring.percentile(times, 0.99)),
            "histogram": [list(bar) for bar in scoring.histogram(times, LATENCY_BOUNDS_MS)],
            "concurrency": seen.concurrency,
        },
        "requests": len(answers),
        "errors": sum(1 for answer in answers if answer.status != 200),
    }


def _plain(check: Check) -> dict[str, Any]:
    return {
        "name": check.name,
        "passed": check.passed,
        "detail": check.detail,
        "numbers": {key: _round(value) for key, value in check.numbers.items()},
        "request": check.request,
        "response": check.response,
    }


def _round(value: float) -> float | None:
    """JSON has no NaN: an unknown figure is null."""
    return round(value, 6) if math.isfinite(value) else None
