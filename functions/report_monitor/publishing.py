"""The monitor's figures as metrics; a monitor that failed is told of like any other run."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters import aws, failures, objects, pipelines
from adapters.ledger import Ledger
from domain import monitoring
from domain.ledger import Fact

DONE = "Succeeded"


@dataclass(frozen=True)
class Settings(failures.Settings):
    """What the template sets."""

    monitor_pipeline_name: str = ""


def publish(
    execution_arn: str, settings: Settings, now: datetime, ended_at: str = ""
) -> dict[str, Any]:
    """Note the figures, then publish them: the alarm that they set off finds them in the ledger."""
    run = pipelines.run(execution_arn)
    if run.status != DONE:
        return _tell_failure(run, settings, now, ended_at)
    folder = f"s3://{settings.artifact_bucket}/runs/{run.arn.rsplit('/', 1)[-1]}/Monitor/report"
    uri = f"{folder}/drift.json"
    report = objects.read_json(uri) or {}
    drift = monitoring.parse(report, uri)
    if drift is None:
        return {"outcome": report["outcome"], "rows": report["rows"]}
    endpoint = settings.production_endpoint_name
    Ledger(settings.ledger_table).put(monitoring.drift_key(endpoint), monitoring.to_item(drift))
    aws.client("cloudwatch").put_metric_data(
        Namespace=monitoring.NAMESPACE, MetricData=monitoring.metrics(drift, endpoint)
    )
    return {"outcome": report["outcome"], "rows": drift.rows, "drifted": list(drift.drifted)}


def _tell_failure(
    run: pipelines.Run, settings: Settings, now: datetime, ended_at: str
) -> dict[str, Any]:
    kind, title, reason = failures.outcome(run)
    end = f"{run.arn} {ended_at}".strip()
    fact = Fact(settings.project_name, f"pipeline:{run.arn}", kind, title, now, end,
                {"reason": reason, "pipeline_execution_arn": run.arn})  # fmt: skip
    ledger = Ledger(settings.ledger_table)
    if not ledger.knows(fact):
        failures.tell(
            run, settings.monitor_pipeline_name, settings, now, awaited=False, ended_at=ended_at
        )
        ledger.record(fact)
    return {"outcome": kind}
