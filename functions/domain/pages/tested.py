"""Sections about staging: each test, what was sent and answered when it failed, the latency."""

from domain.approval import Kind
from domain.evidence import Evidence, Latency, StagingCheck, StagingReport
from domain.figures import count, milliseconds
from domain.pages.charts import histogram
from domain.pages.layout import missing, note, pill, section
from domain.pages.markup import Safe, tag

_TITLES = {
    "artifact": "Artifact unchanged",
    "errors": "No errors",
    "schema": "Answers well-formed",
    "parity": "Same scores as evaluated",
    "segments": "Same scores in each segment",
    "refusals": "Bad requests refused",
    "determinism": "Same answer twice",
    "latency": "Fast enough",
    "truth": "Same answers as staging",
    "variants": "One variant with all traffic",
}


def staging_section(evidence: Evidence, kind: Kind) -> Safe:
    """Every test that staging ran; before staging it says what will be tested."""
    report = evidence.staging
    if report is not None:
        lines = [_check(check) for check in report.checks]
        tests = tag("ul", *lines, class_="checks")
        parts = [_summary(report), tests, *_skipped(report)]
        return section("Staging's tests", *parts, name="staging")
    if "staging" in evidence.unreadable:
        body = missing("Staging's report was found, but it cannot be read.")
    elif kind is Kind.REVIEW:
        body = tag("p", "Not yet run: a yes deploys to staging and tests it there.", class_="soft")
        if evidence.golden and evidence.golden.rows:
            rows = count(evidence.golden.rows)
            words = f"{rows} requests with known answers go with this version."
            body = tag("p", f"Not yet run: a yes deploys to staging. {words}", class_="soft")
    else:
        body = missing("Staging left no report.")
    return section("Staging's tests", body, name="staging")


def latency_section(evidence: Evidence) -> Safe | None:
    """How long staging's answers took."""
    latency = evidence.staging.latency if evidence.staging else None
    if latency is None:
        return None
    named = [("p50", latency.p50), ("p95", latency.p95), ("p99", latency.p99)]
    tiles = [tag("div", tag("dt", name), tag("dd", milliseconds(v))) for name, v in named]
    chart = _histogram(latency)
    return section("Latency", tag("dl", *tiles, class_="tiles three num"), chart, name="latency")


def _summary(report: StagingReport) -> Safe:
    failed, total = len(report.failed), len(report.checks)
    line = f"All {total} tests passed" if report.passed else f"{failed} of {total} tests failed"
    if not report.passed and not failed:
        line = "The test as a whole did not pass"
    parts = [f"{count(report.requests)} requests"] if report.requests is not None else []
    if report.errors is not None:
        parts.append(f"{count(report.errors)} errors")
    if report.endpoint:
        parts.append(f"endpoint {report.endpoint}")
    return note(line, "good" if report.passed else "bad", ", ".join(parts))


def _skipped(report: StagingReport) -> list[Safe]:
    if not report.skipped:
        return []
    names = ", ".join(_TITLES.get(name, name) for name in report.skipped)
    return [note("Not tested", "warn", f"stages.yaml skips: {names}")]


def _check(check: StagingCheck) -> Safe:
    mark = pill("passed", "good") if check.passed else pill("failed", "bad")
    head = tag("div", tag("strong", _TITLES.get(check.name, check.name)), mark)
    body = [head, tag("div", check.detail, class_="small")]
    if not check.passed:
        body += _exchange("Sent", check.request) + _exchange("Came back", check.response)
    return tag("li", *body)


def _exchange(title: str, content: str) -> list[Safe]:
    if not content:
        return []
    return [tag("div", title, class_="soft small"), tag("pre", content)]


def _histogram(latency: Latency) -> Safe:
    if not latency.bars:
        return missing("The report holds no histogram.")
    named = [("p50", latency.p50), ("p95", latency.p95), ("p99", latency.p99)]
    marks = [(name, value) for name, value in named if value is not None]
    at_a_time = f", {latency.concurrency} at a time" if latency.concurrency else ""
    words = f"Single-row requests to staging by their time{at_a_time}."
    return tag("figure", histogram(latency.bars, marks), tag("figcaption", words))
