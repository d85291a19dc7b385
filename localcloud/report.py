"""What a run showed, for a person (lines) and for a program (`.slipway/report.json`)."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from typing import Any

from localcloud.journey import Journey, pipeline_steps
from localcloud.watch import Span

_METRICS = ("auc", "average_precision", "f1", "accuracy", "mse", "rmse", "mae", "r2")


def build(journey: Journey, predictions: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the report of a journey that reached production."""
    application = journey.application
    sagemaker = application.cloud.client("sagemaker")
    version = newest_version(sagemaker, application.outputs["ModelPackageGroupName"])
    spans = hops(journey)
    return {
        "ok": True,
        "commit": journey.commit,
        "model": {
            "arn": version["ModelPackageArn"],
            "version": version["ModelPackageVersion"],
            "status": version["ModelApprovalStatus"],
            "metrics": metrics(application.cloud.client("s3"), version),
        },
        "endpoints": {
            stage: endpoint(sagemaker, application.outputs[f"{stage.title()}EndpointName"])
            for stage in ("staging", "production")
        },
        "predictions": predictions,
        "hops": [{"name": span.name, "seconds": round(span.seconds, 2)} for span in spans],
        "seconds": round(spans[-1].end - spans[0].start, 2),
        "timeline": timeline(journey),
        "machine": machine(),
    }


def failure(journey: Journey | None, hop: str, reason: str) -> dict[str, Any]:
    """Return the report of a run that ended before production."""
    mails = [] if journey is None else journey.watcher.mails
    return {
        "ok": False,
        "failed_hop": hop,
        "reason": reason,
        "commit": "" if journey is None else journey.commit,
        "mails": [{"to": mail["to"], "subject": mail["subject"]} for mail in mails],
        "timeline": [] if journey is None else timeline(journey),
        "machine": machine(),
    }


def timeline(journey: Journey) -> list[dict[str, Any]]:
    """Return all facts with the seconds since the push."""
    zero = journey.timeline.zero
    return [
        {"at": round(fact.at - zero, 2), "hop": fact.hop, "text": fact.text}
        for fact in sorted(journey.timeline.facts, key=lambda fact: fact.at)
    ]


def machine() -> dict[str, Any]:
    """Return what the figures were measured on."""
    return {
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def newest_version(sagemaker: Any, group: str) -> Mapping[str, Any]:
    """Return the model package of a group that was registered last."""
    listed = sagemaker.list_model_packages(
        ModelPackageGroupName=group, SortBy="CreationTime", SortOrder="Descending"
    )
    arn = listed["ModelPackageSummaryList"][0]["ModelPackageArn"]
    found: Mapping[str, Any] = sagemaker.describe_model_package(ModelPackageName=arn)
    return found


def metrics(s3: Any, version: Mapping[str, Any]) -> dict[str, float]:
    """Return the figures of the version's registered evaluation."""
    uri = version["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"]
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    document = json.load(s3.get_object(Bucket=bucket, Key=key)["Body"])
    groups = [group for group in document.values() if isinstance(group, dict)]
    return {
        name: float(group[name]["value"])
        for group in groups
        for name in _METRICS
        if isinstance(group.get(name), dict) and "value" in group[name]
    }


def endpoint(sagemaker: Any, name: str) -> dict[str, str]:
    """Return what stands under an endpoint's name now."""
    try:
        found = sagemaker.describe_endpoint(EndpointName=name)
    except sagemaker.exceptions.ClientError:
        return {"name": name, "status": "torn down"}
    return {
        "name": name,
        "status": found["EndpointStatus"],
        "config": found["EndpointConfigName"],
    }


def hops(journey: Journey) -> list[Span]:
    """Return every hop from the push to the verified production, in order, without gaps told twice.

    Where two services hand over, the hop is the time between the end of one and the start of the
    next: events, functions and mails.
    """
    [build] = journey.watcher.runs("build")[:1]
    [release] = journey.watcher.runs("release")[:1]
    push, *reviews = journey.spans
    steps = _steps(journey)
    found = [push, Span("commit event to build", push.end, build.start), *build.spans]
    found += steps
    if reviews:
        found.append(Span("result to review mail", found[-1].end, reviews[0].start))
        found.append(Span("review (played)", reviews[0].start, reviews[0].end))
        found.append(Span("approval to release", reviews[0].end, release.start))
    verified = [span.name for span in release.spans].index("Verify Production")
    return found + release.spans[: verified + 1]


def _steps(journey: Journey) -> list[Span]:
    sagemaker = journey.application.cloud.client("sagemaker")
    steps = pipeline_steps(sagemaker, journey.pipeline) if journey.pipeline else []
    return [
        Span(step["StepName"], step["StartTime"].timestamp(), step["EndTime"].timestamp())
        for step in steps
        if "StartTime" in step and "EndTime" in step
    ]


def described(customer: Mapping[str, str]) -> str:
    """Return the first few columns of a customer, to tell one from another."""
    return ", ".join(f"{name} {value}" for name, value in list(customer.items())[:4])


def lines(report: Mapping[str, Any]) -> list[str]:
    """Return the summary for a person."""
    model = report["model"]
    figures = ", ".join(f"{name} {value:.3f}" for name, value in model["metrics"].items())
    shown = [
        f"version     {model['version']} ({model['status']}) from commit {report['commit'][:8]}",
        f"metrics     {figures}",
    ]
    for stage, found in report["endpoints"].items():
        shown.append(f"{stage:<11} {found['name']}: {found['status']}")
    if "refused" in report:
        refused = report["refused"]
        reason = refused["reason"].partition(": sha256")[0]
        shown.append(f"refused     version {refused['version']}, changed on purpose: {reason}")
    shown += ["", "score of each customer, from invoke_endpoint"]
    shown += [f"{one['score']:8.3f}  {described(one['customer'])}" for one in report["predictions"]]
    shown += ["", "seconds per hop"]
    shown += [f"{hop['seconds']:8.2f}  {hop['name']}" for hop in report["hops"]]
    shown.append(f"{report['seconds']:8.2f}  from git push to a verified production")
    return shown
