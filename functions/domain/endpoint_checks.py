"""What an endpoint has to show before a person is asked to promote it.

`Observed` is what was sent and what came back; each check is a function of it, so that the list
`CHECKS` can be read, and added to, at one glance (its names are those of `domain.limits`, by which
`stages.yaml` can do without one). A failing check says what was sent and answered.
"""

import math
from collections.abc import Callable
from itertools import zip_longest
from typing import Any

from domain import scoring
from domain.deployment import VARIANT
from domain.limits import Limits
from domain.observed import Answer, Check, Observed, scores_of
from domain.parity import check_parity, check_segments

ANSWER_TOLERANCE = 1e-6  # the same artifact on another machine
LATENCY_BOUNDS_MS = (5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0)


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


def check_image(seen: Observed, _: Limits) -> Check:
    """The container that serves is the one that was registered, though its tag may have moved.

    Source: `DeployedImages` of DescribeEndpoint; what either side does not know is not compared.
    """
    path, registered = seen.served_image or "", seen.registered_image
    if not registered or "@" not in path:
        return Check("image", True, "No digest of the image is known: not compared.")
    served = path.rpartition("@")[2]
    if served == registered:
        return Check("image", True, f"The image is the registered one ({registered[:19]}…).")
    return Check(
        "image",
        False,
        f"The image behind the tag was changed after registration: {served} serves, {registered} "
        "was registered. Train again, or skip this test by its name.",
    )


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
        request=(bad[0].request or seen.golden.rows[0])[:500],
        response=f"{bad[0].status}: {bad[0].body[:500]}",
    )


def check_schema(seen: Observed, _: Limits) -> Check:
    """One finite score a row; probabilities lie between 0 and 1."""
    scores = scores_of(seen.scored)
    rows = len(seen.golden.rows)
    if scores is None or len(scores) != rows:
        count = "no readable" if scores is None else str(len(scores))
        odd_one = next((one for one in seen.scored if not _is_whole(one)), None)
        return Check(
            "schema", False, f"{rows} rows were sent and {count} scores came back.",
            request=((odd_one.request if odd_one else "") or seen.golden.rows[0])[:500],
            response=f"{odd_one.status}: {odd_one.body[:200]}" if odd_one else None,
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


def _is_whole(answer: Answer) -> bool:
    """Whether an answer has a score for each row that was sent."""
    scores = scores_of([answer])
    return scores is not None and (
        not answer.request or len(scores) == answer.request.count("\n") + 1
    )


def check_refusals(seen: Observed, _: Limits) -> Check:
    """Bad requests are refused with 4xx, and the endpoint lives on."""
    for probe in seen.probes:
        if not probe.is_refused:
            return Check(
                "refusals", False,
                f"A request that is {probe.name} was answered with {probe.answer.status}, not 4xx.",
                request=probe.request[:200],
                response=f"{probe.answer.status}: {probe.answer.body[:500]}",
            )  # fmt: skip
    if seen.alive_after.status != 200:
        return Check(
            "refusals", False,
            f"After the bad requests the endpoint answered {seen.alive_after.status}.",
            request=seen.alive_after.request or seen.golden.rows[0],
            response=f"{seen.alive_after.status}: {seen.alive_after.body[:500]}",
        )  # fmt: skip
    names = ", ".join(probe.name for probe in seen.probes)
    return Check("refusals", True, f"Refused with 4xx: {names}. The endpoint lives on.")


def check_determinism(seen: Observed, _: Limits) -> Check:
    """The same rows give the same scores."""
    first, again = scores_of(seen.scored[: len(seen.repeated)]), scores_of(seen.repeated)
    if first is not None and first == again:
        return Check("determinism", True, "The same rows gave the same scores.")
    pairs = list(zip_longest(first or [], again or []))
    row = next((i for i, (one, other) in enumerate(pairs) if one != other), 0)
    one, other = pairs[row] if pairs else (None, None)
    return Check(
        "determinism", False, "The same rows gave the same scores only sometimes.",
        request=seen.golden.rows[min(row, len(seen.golden.rows) - 1)],
        response=f"{one}, and the second time {other}",
    )  # fmt: skip


def check_latency(seen: Observed, limits: Limits) -> Check:
    """The p95 of single-row requests is within the budget."""
    answered = [answer for answer in seen.single if answer.status == 200]
    times = [answer.milliseconds for answer in answered]
    p95 = scoring.percentile(times, 0.95)
    passed = bool(times) and p95 <= limits.p95_ms
    slowest = max(answered or seen.single, key=lambda answer: answer.milliseconds, default=None)
    shown = None if passed or slowest is None else slowest
    return Check(
        "latency",
        passed,
        f"p95 {p95:.0f} ms over {len(times)} single-row requests, {seen.concurrency} at a time; "
        f"the budget is {limits.p95_ms:.0f} ms.",
        {"p95": p95, "budget": limits.p95_ms},
        request=(shown.request or seen.golden.rows[0])[:500] if shown else None,
        response=f"{shown.status} after {shown.milliseconds:.0f} ms" if shown else None,
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
    check_image,
    check_errors,
    check_schema,
    check_parity,
    check_segments,
    check_refusals,
    check_determinism,
    check_latency,
)


def name_of(check: Callable[[Observed, Limits], Check]) -> str:
    """The name of a check, as `stages.yaml` and the report say it."""
    return check.__name__.removeprefix("check_")


def judge(seen: Observed, limits: Limits, endpoint: str, started_at: str) -> dict[str, Any]:
    """Every check's outcome, and the latencies, as the report that is stored and shown."""
    wanted = [check for check in CHECKS if name_of(check) not in limits.skip]
    wanted += PRODUCTION_CHECKS if seen.variants is not None else ()
    checks = [check(seen, limits) for check in wanted]
    times = [answer.milliseconds for answer in seen.single if answer.status == 200]
    answers = [*seen.scored, *seen.repeated, *seen.single]
    return {
        "passed": all(check.passed for check in checks),
        "endpoint": endpoint,
        "started_at": started_at,
        "skipped": list(limits.skip),
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
