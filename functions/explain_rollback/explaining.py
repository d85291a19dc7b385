"""A roll-back's report: the alarm, its reason and its metric, in S3 and in the timeline."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters import alarms, objects
from adapters.ledger import Ledger
from adapters.settings import Reaching
from domain import ledger as keys
from domain import rollback
from domain.ledger import Fact


@dataclass(frozen=True)
class Settings(Reaching):
    """What the template sets."""

    artifact_bucket: str
    ledger_table: str
    project_name: str


def explain(
    plan: Mapping[str, Any], seen: Mapping[str, Any], settings: Settings, now: datetime
) -> dict[str, Any]:
    """Store the report; its sentence and where it is."""
    made = [alarm["AlarmName"] for alarm in plan["alarms"]]
    found = alarms.fired_of(made, settings.role_at(plan["endpoint_name"]), now)
    why = rollback.sentence(found, plan["endpoint_name"], seen["config"], seen["reason"])
    report = {
        "endpoint": plan["endpoint_name"],
        "release_id": plan["release_id"],
        "asked_for": plan["endpoint_config_name"],
        "runs": seen["config"],
        "sagemaker": seen["reason"],
        "summary": why,
        "at": keys.iso(now),
        "alarms": [rollback.plain(alarm) for alarm in found],
    }
    uri = f"s3://{settings.artifact_bucket}/reports/{plan['release_id']}/rollback.json"
    objects.write(uri, json.dumps(report).encode(), "application/json")
    title = f"{plan['stage'].capitalize()} was rolled back by SageMaker"
    detail = {
        "reason": why, "report_uri": uri, "release_id": plan["release_id"],
        "alarms": report["alarms"],
    }  # fmt: skip
    Ledger(settings.ledger_table).record(
        Fact(settings.project_name, plan["model_package_arn"], "rolled_back", title, now,
             plan["endpoint_config_name"], detail)
    )  # fmt: skip
    return {"summary": why, "report_uri": uri, "alarms": [alarm.name for alarm in found]}
