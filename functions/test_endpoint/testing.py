"""Testing an endpoint with the golden set of its version; the judging is in `domain`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from adapters import endpoints, invoker, objects, projects, proofs, registry
from adapters.ledger import Ledger
from adapters.settings import Reaching
from domain import golden as golden_set
from domain import keeping
from domain import ledger as keys
from domain.deployment import longest_body
from domain.endpoint_checks import judge
from domain.errors import EvidenceMissingError
from domain.golden import Golden
from domain.ledger import Fact
from domain.observed import Observed, Probe, scores_of
from domain.release import Version
from domain.stages import Stage

BATCH = 200
REPEATED_BATCHES = 1
ANSWERS = "staging-answers.json"


@dataclass(frozen=True)
class Settings(Reaching):
    """What the template sets."""

    artifact_bucket: str
    ledger_table: str
    project_name: str


def run_tests(event: Mapping[str, Any], settings: Settings, now: datetime) -> dict[str, Any]:
    """Send, judge, store the report; a failing check is an outcome, not an error."""
    endpoint, stage = event["endpoint_name"], event["stage"]
    version = registry.version(event["model_package_arn"])
    stages = projects.stages(event["settings_uri"])
    settings_of = stages.staging if stage == "staging" else stages.production
    golden = _golden(version.golden_uri)
    role = settings.role_at(endpoint)
    variants = endpoints.variants_of(endpoint, role)
    seen = replace(
        _observe(endpoint, role, version, golden, settings_of),
        served_image=_image_of(variants),
        registered_image=version.image_digest,
    )
    ledger = Ledger(settings.ledger_table)
    folder = f"s3://{settings.artifact_bucket}/reports/{event['release_id']}"
    if stage == "production":
        seen = replace(_with_truth(seen, event, version, folder, ledger), variants=variants)
    report = judge(seen, settings_of.tests, endpoint, keys.iso(now)) | {
        "stage": stage,
        "version": version.number,
        "release_id": event["release_id"],
    }
    uri = f"{folder}/{stage}.json"
    objects.write(uri, json.dumps(report).encode(), "application/json")
    if stage == "staging":
        answers = {"scores": scores_of(seen.scored)}
        objects.write(f"{folder}/{ANSWERS}", json.dumps(answers).encode(), "application/json")
        word = "Passed" if report["passed"] else "Failed"
        registry.mark(version.arn, "Staging", word, _summary(report))
    summary = _summary(report)
    word = "passed" if report["passed"] else "failed"
    title = f"{stage.capitalize()} {word}: {summary}"
    cause = f"{event['release_id']}-{stage}"
    ledger.record(
        Fact(settings.project_name, version.arn, f"{stage}_test", title, now, cause,
             {"report_uri": uri, "passed": report["passed"], "release_id": event["release_id"]})
    )  # fmt: skip
    if stage == "production":
        _judge_config(ledger, endpoint, event["release_id"], bool(report["passed"]))
    if report["passed"]:
        proofs.remember(ledger, version, stage, event["settings_uri"], uri)
    # A release that was rejected while it was being deployed must not end as a success.
    status = registry.version(version.arn).status
    return {"passed": report["passed"], "summary": summary, "report_uri": uri, "status": status}


def _judge_config(ledger: Ledger, endpoint: str, release_id: str, passed: bool) -> None:
    """Only a config that production was verified with is one to go back to."""
    key = keys.stage_key(endpoint)
    good = keeping.from_items((ledger.get(key) or {}).get("good", []))
    judged = keeping.judged(good, release_id, passed)
    ledger.update(key, {"good": keeping.to_items(judged)})


def _with_truth(
    seen: Observed,
    event: Mapping[str, Any],
    version: Version,
    folder: str,
    ledger: Ledger,
) -> Observed:
    """Add what production is held to: staging's answers, of this release or of the one before."""
    stored = objects.read_json(f"{folder}/{ANSWERS}")
    if stored is None:
        # A way back: what the tag means by now is no reason not to go it.
        seen = replace(seen, registered_image=None)
        report = proofs.of(ledger, version, event["settings_uri"]).get("staging", "")
        stored = objects.read_json(f"{report.rpartition('/')[0]}/{ANSWERS}") if report else None
    return replace(seen, staging_scores=stored["scores"] if stored else None)


def _image_of(variants: Sequence[Mapping[str, Any]]) -> str | None:
    """What SageMaker resolved the serving image to."""
    images = variants[0].get("DeployedImages") if variants else None
    return str(images[0].get("ResolvedImage", "")) if images else None


def _golden(uri: str) -> Golden:
    names = ("requests.csv", "expected.csv", "golden.json")
    found = objects.read_many({name: f"{uri.rstrip('/')}/{name}" for name in names})
    missing = [name for name, content in found.items() if content is None]
    if missing:
        raise EvidenceMissingError(f"the golden test set has no {missing[0]} at {uri}")
    requests, expected, about = (found[name] or b"" for name in names)
    return golden_set.parse_golden(requests, expected, about)


def _observe(endpoint: str, role: str, version: Version, golden: Golden, stage: Stage) -> Observed:
    limits = stage.tests
    bodies = golden_set.batches(golden.rows, BATCH)
    # A serverless endpoint starts its container at the first request: that one is not measured.
    invoker.invoke(endpoint, role, golden.rows[0])
    scored = invoker.invoke_many(endpoint, role, bodies, limits.concurrency)
    singles = [golden.rows[i % len(golden.rows)] for i in range(limits.requests)]
    single = invoker.invoke_many(endpoint, role, singles, limits.concurrency)
    probes = [_probe(endpoint, role, name, body, kind) for name, body, kind in _bad(golden)]
    probes.append(_oversized(endpoint, role, golden, stage))
    return Observed(
        golden=golden,
        scored=scored,
        repeated=invoker.invoke_many(endpoint, role, bodies[:REPEATED_BATCHES], 1),
        single=single,
        probes=probes,
        alive_after=invoker.invoke(endpoint, role, golden.rows[0]),
        artifact_sha256=objects.sha256(version.model_data_uri),
        registered_sha256=version.metadata.get("model_sha256") or _reported_sha256(version),
        concurrency=limits.concurrency,
    )


def _bad(golden: Golden) -> list[tuple[str, str | bytes, str]]:
    fields = golden.rows[0].count(",") + 1
    return [
        ("malformed", "not,a,row" if fields != 3 else "not a row", "text/csv"),
        ("cut off", golden.rows[0].rsplit(",", 2)[0], "text/csv"),
        ("empty", b"", "text/csv"),
        ("of another type", b"\x89PNG", "image/png"),
        ("too long", ",".join(["1"] * (fields * 50)), "text/csv"),
    ]


def _probe(endpoint: str, role: str, name: str, body: str | bytes, content_type: str) -> Probe:
    answer = invoker.invoke(endpoint, role, body, content_type)
    return Probe(name, answer.request, answer)


def _oversized(endpoint: str, role: str, golden: Golden, stage: Stage) -> Probe:
    """Good rows, but more of them than SageMaker takes in one request."""
    body = golden_set.rows_beyond(golden.rows, longest_body(stage))
    answer = invoker.invoke_oversized(endpoint, role, body)
    return Probe(f"over {longest_body(stage) >> 20} MB", body, answer, may_hang_up=True)


def _reported_sha256(version: Version) -> str | None:
    """The digest that the evaluation wrote, for versions whose metadata has none."""
    base = version.metadata.get("evaluation_uri", "").rstrip("/")
    report = objects.read_json(f"{base}/report.json") if base else None
    return str(report["model_sha256"]) if report and report.get("model_sha256") else None


def _summary(report: Mapping[str, Any]) -> str:
    failed = [check for check in report["checks"] if not check["passed"]]
    if failed:
        return " ".join(f"{check['name']}: {check['detail']}" for check in failed)[:1000]
    words = [f"{len(report['checks'])} checks."]
    words += [check["detail"] for check in report["checks"] if check["name"] == "parity"]
    if (p95 := report["latency_ms"]["p95"]) is not None:
        words.append(f"p95 {p95:.0f} ms.")
    if report["skipped"]:
        words.append(f"Skipped by stages.yaml: {', '.join(report['skipped'])}.")
    return " ".join(words)
