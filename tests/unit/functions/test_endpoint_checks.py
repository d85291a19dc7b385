"""What an endpoint has to show, check by check."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from domain import endpoint_checks as checks
from domain.golden import Golden, Segment
from domain.limits import ALWAYS, SKIPPABLE, Limits
from domain.observed import Answer, Check, Observed, Probe, scores_of
from domain.parity import check_parity, check_segments

LIMITS = Limits()
GOLDEN = Golden(
    rows=("a,1", "b,2", "c,3", "d,4"),
    labels=(1.0, 0.0, 1.0, 0.0),
    scores=(0.9, 0.2, 0.8, 0.1),
    problem="binary_classification",
    metric="auc",
    registered=1.0,
)
GOOD = Observed(
    golden=GOLDEN,
    scored=[Answer(200, "0.9\n0.2", 9.0), Answer(200, "0.8\n0.1\n", 9.0)],
    repeated=[Answer(200, "0.9\n0.2", 9.0)],
    single=[Answer(200, "0.9", 10.0 * n) for n in range(1, 21)],
    probes=[Probe("malformed", "not,a,row", Answer(400, "bad row", 3.0))],
    alive_after=Answer(200, "0.9", 5.0),
    artifact_sha256="ab" * 32,
    registered_sha256="ab" * 32,
    concurrency=4,
)
SEGMENTED = replace(
    GOLDEN,
    segments=(Segment("Plan", "yes", (0, 1), 1.0), Segment("Plan", "no", (2, 3), 1.0)),
)


def seen(**other: Any) -> Observed:
    return replace(GOOD, **other)


def test_a_healthy_endpoint_passes_every_check() -> None:
    report = checks.judge(GOOD, LIMITS, "churn-staging", "2026-11-23T09:00:00Z")

    assert report["passed"]
    assert [check["name"] for check in report["checks"]] == [
        "artifact", "image", "errors", "schema", "parity", "segments", "refusals", "determinism",
        "latency",
    ]  # fmt: skip
    assert (report["requests"], report["errors"]) == (23, 0)
    assert report["latency_ms"]["p50"] == 100.0
    assert report["latency_ms"]["p95"] == 190.0
    assert sum(count for _, count in report["latency_ms"]["histogram"]) == 20


IMAGE = "1.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost"


@pytest.mark.parametrize(
    ("served", "registered", "passed", "words"),
    [
        (f"{IMAGE}@sha256:ab", "sha256:ab", True, "is the registered one"),
        (f"{IMAGE}@sha256:cd", "sha256:ab", False, "sha256:cd serves, sha256:ab was registered"),
        (f"{IMAGE}:3.0-5", "sha256:ab", True, "not compared"),
        (None, "sha256:ab", True, "not compared"),
        (f"{IMAGE}@sha256:cd", None, True, "not compared"),
    ],
)
def test_the_image_that_serves_is_the_registered_one(
    served: str | None, registered: str | None, passed: bool, words: str
) -> None:
    """AWS moves the tags of its images when it patches them."""
    found = checks.check_image(seen(served_image=served, registered_image=registered), LIMITS)

    assert (found.passed, words in found.detail) == (passed, True)


FAILING: list[tuple[str, Callable[[Observed, Limits], Check], Observed, str]] = [
    ("a changed artifact", checks.check_artifact, seen(artifact_sha256="cd" * 32),
     "changed after registration"),
    ("an artifact nobody digested", checks.check_artifact, seen(registered_sha256=None),
     "no recorded digest"),
    ("one failed request of many", checks.check_errors,
     seen(single=[*GOOD.single, Answer(500, "boom", 1.0)]), "1 of 24 good requests failed"),
    ("a row without a score", checks.check_schema, seen(scored=[Answer(200, "0.9\n0.2\n0.8", 1)]),
     "4 rows were sent and 3 scores"),
    ("words for scores", checks.check_schema, seen(scored=[Answer(200, "yes\nno", 1)]),
     "no readable scores"),
    ("an impossible probability", checks.check_schema,
     seen(scored=[Answer(200, "0.9\n0.2\n1.8\n0.1", 1)]), "Row 3 was scored 1.8"),
    ("no number", checks.check_schema, seen(scored=[Answer(200, "0.9\nnan\n0.8\n0.1", 1)]),
     "Row 2 was scored nan"),
    ("another ranking", check_parity, seen(scored=[Answer(200, "0.1\n0.2\n0.8\n0.9", 1)]),
     "AUC 0.2500 on the endpoint, 1.0000 registered"),
    ("the same ranking with other scores", check_parity,
     seen(scored=[Answer(200, "0.95\n0.2\n0.8\n0.1", 1)]), "difference of one score is 0.05"),
    ("a segment that is ranked otherwise", check_segments,
     seen(golden=SEGMENTED, scored=[Answer(200, "0.9\n0.2\n0.1\n0.8", 1)]),
     "Plan = no: AUC 0.0000 on the endpoint, 1.0000 registered, 2 rows"),
    ("segments that cannot be scored", check_segments,
     seen(golden=SEGMENTED, scored=[Answer(500, "boom", 1)]), "could not be scored"),
    ("a segment with scores that are no numbers", check_segments,
     seen(golden=SEGMENTED, scored=[Answer(200, "0.9\n0.2\nnan\n0.1", 1)]), "Plan = no: AUC nan"),
    ("rows over the limit that are scored", checks.check_refusals,
     seen(probes=[Probe("over 6 MB", "a", Answer(200, "0.5", 1), may_hang_up=True)]),
     "over 6 MB was answered with 200"),
    ("a server that hangs up on a bad row", checks.check_refusals,
     seen(probes=[Probe("empty", "", Answer(0, "", 1))]), "empty was answered with 0"),
    ("scores that are no numbers", check_parity,
     seen(scored=[Answer(200, "nan\nnan\nnan\nnan", 1)]), ""),
    ("a bad row that is scored", checks.check_refusals,
     seen(probes=[Probe("cut off", "a", Answer(200, "0.5", 1))]), "cut off was answered with 200"),
    ("a bad row that breaks the server", checks.check_refusals,
     seen(probes=[Probe("empty", "", Answer(500, "Traceback", 1))]), "empty was answered with 500"),
    ("a server that died of it", checks.check_refusals, seen(alive_after=Answer(503, "", 1)),
     "After the bad requests the endpoint answered 503"),
    ("other scores the second time", checks.check_determinism,
     seen(repeated=[Answer(200, "0.9\n0.3", 1)]), "only sometimes"),
    ("a slow endpoint", checks.check_latency,
     seen(single=[Answer(200, "0.9", 501.0)] * 20), "p95 501 ms over 20"),
    ("only failures to measure", checks.check_latency, seen(single=[Answer(500, "", 1.0)]),
     "0 single-row requests"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("check", "observed", "words"), [f[1:] for f in FAILING], ids=[f[0] for f in FAILING]
)
def test_a_fault_fails_its_check_in_words(
    check: Callable[[Observed, Limits], Check], observed: Observed, words: str
) -> None:  # fmt: skip
    outcome = check(observed, LIMITS)

    assert not outcome.passed
    assert words in outcome.detail
    report = checks.judge(observed, LIMITS, "churn-staging", "now")
    assert not report["passed"]
    assert outcome.name in {c["name"] for c in report["checks"] if not c["passed"]}
    json.dumps(report, allow_nan=False)


def test_a_failing_check_says_what_was_sent_and_answered() -> None:
    outcome = check_parity(seen(scored=[Answer(200, "0.9\n0.2\n0.8\n0.7", 1)]), LIMITS)

    assert (outcome.request, outcome.response) == ("d,4", "0.7 (registered 0.1)")


@pytest.mark.parametrize(
    ("outcome", "sent", "came_back"),
    [
        (checks.check_errors(seen(single=[Answer(500, "boom", 1.0, "c,3")]), LIMITS),
         "c,3", "500: boom"),
        (checks.check_schema(seen(scored=[Answer(200, "0.9\n0.2", 1, "a,1\nb,2"),
                                          Answer(200, "0.8", 1, "c,3\nd,4")]), LIMITS),
         "c,3\nd,4", "200: 0.8"),
        (check_segments(seen(golden=SEGMENTED, scored=[Answer(200, "0.9\n0.2\n0.1\n0.8", 1)]),
                        LIMITS), "c,3", "0.1 (registered 0.8)"),
        (checks.check_refusals(seen(probes=[Probe("empty", "", Answer(500, "Traceback", 1))]),
                               LIMITS), "", "500: Traceback"),
        (checks.check_refusals(seen(alive_after=Answer(503, "gone", 1, "a,1")), LIMITS),
         "a,1", "503: gone"),
        (checks.check_determinism(seen(repeated=[Answer(200, "0.9\n0.3", 1)]), LIMITS),
         "b,2", "0.2, and the second time 0.3"),
        (checks.check_latency(seen(single=[Answer(200, "0.9", 501.0, "b,2")]), LIMITS),
         "b,2", "200 after 501 ms"),
    ],
    ids=lambda value: value.name if isinstance(value, Check) else "",
)  # fmt: skip
def test_every_check_that_fails_names_the_request_and_what_came_back(
    outcome: Check, sent: str, came_back: str
) -> None:
    assert not outcome.passed
    assert (outcome.request, outcome.response) == (sent, came_back)


def test_segments_that_score_as_registered_pass_and_the_farthest_is_named() -> None:
    outcome = check_segments(seen(golden=SEGMENTED), LIMITS)

    assert outcome.passed
    assert "2 segments score as registered" in outcome.detail
    assert outcome.numbers == {"Plan=yes": 1.0, "Plan=no": 1.0}


def test_sagemakers_front_may_hang_up_on_what_is_too_large() -> None:
    probe = Probe("over 6 MB", "a", Answer(0, "closed", 1), may_hang_up=True)

    assert checks.check_refusals(seen(probes=[probe]), LIMITS).passed


@pytest.mark.parametrize("name", SKIPPABLE)
def test_a_check_that_the_settings_skip_is_not_made_and_the_report_says_so(name: str) -> None:
    broken = seen(single=[Answer(200, "0.9", 9000.0)])
    report = checks.judge(broken, Limits(skip=(name,)), "churn-staging", "now")

    assert name not in {check["name"] for check in report["checks"]}
    assert report["skipped"] == [name]
    assert report["passed"] == (name == "latency")


def test_the_settings_know_every_check_and_no_other() -> None:
    assert [checks.name_of(check) for check in checks.CHECKS] == [*ALWAYS, *SKIPPABLE]


def test_auc_may_drift_within_its_tolerance() -> None:
    golden = replace(GOLDEN, registered=0.996)

    assert check_parity(seen(golden=golden), LIMITS).passed
    assert not check_parity(seen(golden=replace(GOLDEN, registered=0.994)), LIMITS).passed


def test_a_regression_is_held_to_its_registered_rmse_and_may_score_anything_finite() -> None:
    golden = replace(
        GOLDEN, problem="regression", metric="rmse", labels=(9.0, -2.0, 8.0, 1.0),
        scores=(9.0, -2.0, 8.0, 3.0), registered=1.0,
    )  # fmt: skip
    observed = seen(golden=golden, scored=[Answer(200, "9\n-2\n8\n3", 1)])

    assert checks.check_schema(observed, LIMITS).passed
    assert check_parity(observed, LIMITS).passed


@pytest.mark.parametrize(
    ("body", "scores"), [("0.1\n0.2", [0.1, 0.2]), ("0.1,0.2\n", [0.1, 0.2]), ("", [])]
)
def test_scores_are_read_one_a_line_or_with_commas(body: str, scores: list[float]) -> None:
    assert scores_of([Answer(200, body, 1)]) == scores


@pytest.mark.parametrize("answer", [Answer(500, "0.1", 1), Answer(200, "<html>", 1)])
def test_anything_else_is_no_score(answer: Answer) -> None:
    assert scores_of([answer]) is None


def test_unknown_figures_are_null_in_the_report() -> None:
    report = checks.judge(seen(single=[]), LIMITS, "e", "now")

    assert report["latency_ms"]["p95"] is None
    assert not any(isinstance(v, float) and math.isnan(v) for v in report["latency_ms"].values())
