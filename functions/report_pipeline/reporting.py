"""What became of a pipeline execution, and who hears of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters import asking, comparing, failures, pipelines, projects, registry
from adapters.ledger import Ledger
from domain import building
from domain.evidence import Evidence
from domain.ledger import Fact

FIGURES = ("auc", "f1", "rmse", "mae")


@dataclass(frozen=True)
class Settings(failures.Settings):
    """What the template sets."""

    pipeline_name: str = ""


def report(
    execution_arn: str, settings: Settings, now: datetime, ended_at: str = ""
) -> dict[str, Any]:
    """Open the review of what was registered, or tell why nothing was.

    An execution that was retried ends again, at another time: that is news.
    A run that the stack itself stopped for a newer commit is no news: that commit's end is.
    """
    run = pipelines.run(execution_arn)
    ledger = Ledger(settings.ledger_table)
    if run.status == "Succeeded" and run.registered:
        return _review(run, run.registered, ledger, settings, now)
    if run.status == "Succeeded":
        return {"told": False, "outcome": "nothing registered"}
    if run.status == "Stopped" and ledger.knows(
        building.stopped(settings.project_name, run.commit, run.arn, now)
    ):
        return {"told": False, "outcome": "superseded"}
    kind, title, reason = failures.outcome(run)
    subject = f"commit:{run.commit}" if run.commit else f"pipeline:{execution_arn}"
    end = f"{execution_arn} {ended_at}".strip()
    fact = Fact(settings.project_name, subject, kind, title, now, end,
                {"reason": reason, "pipeline_execution_arn": execution_arn})  # fmt: skip
    if ledger.knows(fact):
        return {"told": False, "outcome": "told before"}
    rerun = building.unattended(settings.project_name, run.commit, run.arn, now)
    told = failures.tell(
        run,
        settings.pipeline_name,
        settings,
        now,
        awaited=not ledger.knows(rerun),
        ended_at=ended_at,
    )
    ledger.record(fact)
    return {"told": told, "outcome": kind}


def _figures(evidence: Evidence) -> dict[str, float]:
    """The key figures, so that the release page reads no file."""
    evaluation = evidence.evaluation
    values = {name: evaluation.value(name) for name in FIGURES} if evaluation else {}
    return {name: value for name, value in values.items() if value is not None}


def _review(
    run: pipelines.Run, arn: str, ledger: Ledger, settings: Settings, now: datetime
) -> dict[str, Any]:
    version = registry.version(arn)
    evidence = pipelines.evidence(run, settings.artifact_bucket)
    title = f"Version {version.number} registered"
    detail = {
        "pipeline_execution_arn": run.arn,
        "commit": run.commit,
        "parameters": run.parameters,
        "steps": run.said_of_steps,
        "message": run.description,
        "graph": pipelines.graph(run),
        "figures": _figures(evidence),
    }
    ledger.record(Fact(settings.project_name, arn, "registered", title, now, run.arn, detail))
    if version.status != "PendingManualApproval":
        return {"told": False, "outcome": f"already {version.status}"}
    comparing.record(version, evidence)
    uri = projects.settings_uri(settings.artifact_bucket, version)
    asked = asking.review(version, uri, settings, now)
    return {"told": asked, "outcome": "review", "model_package": arn}
