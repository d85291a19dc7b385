"""Cleaning up after a deployment; never what is live or last known good."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters import alarms, endpoints, running
from adapters.ledger import Ledger
from adapters.settings import Reaching
from domain import ledger as keys
from domain.deployment import Names, alarm_names
from domain.keeping import Good, from_items, remember, superfluous


@dataclass(frozen=True)
class Settings(Reaching):
    """What the template sets."""

    ledger_table: str
    project_name: str


def clean(plan: Mapping[str, Any], deployed: bool, settings: Settings, now: datetime) -> list[str]:
    """Record the deployment if it worked; remove its alarms and what nothing needs. Names of it."""
    endpoint = plan["endpoint_name"]
    role = settings.role_at(endpoint)
    ledger = Ledger(settings.ledger_table)
    stage = ledger.get(keys.stage_key(endpoint)) or {}
    good = from_items(stage.get("good", []))
    if deployed:
        good = _remember(ledger, plan, good, settings, now)
    live = endpoints.look(endpoint, role)
    if live and live.status == "Failed" and not plan["exists"]:
        endpoints.delete(endpoint, role)
        live = None
    if live and live.is_moving:
        # What still bakes needs its alarms; the next deployment removes them.
        return []
    configs = endpoints.configs_of(endpoint, role)
    alarms.delete(_alarms_of(endpoint, {*configs, plan["endpoint_config_name"]}), role)
    removed = superfluous(configs, live.config if live else None, good)
    for config in removed:
        endpoints.delete_config(config, role)
    # What is live may be a config that a person made, by another name than its model's.
    served = endpoints.models_in(live.config, role) if live else set()
    needed = {entry.model for entry in good} | served
    for model in sorted(set(endpoints.models_of(endpoint, role)) - needed):
        endpoints.delete_model(model, role)
    return removed


def _alarms_of(endpoint: str, configs: set[str]) -> list[str]:
    """The alarms of every deployment that left a config, those of one that was stopped as well."""
    made = [Names(endpoint, config, config) for config in sorted(configs)]
    return [alarm for names in made for alarm in alarm_names(names)]


def _remember(
    ledger: Ledger, plan: Mapping[str, Any], good: list[Good], settings: Settings, now: datetime
) -> list[Good]:
    runs = Good(
        config=plan["endpoint_config_name"],
        model=plan["model_name"],
        model_package_arn=plan["model_package_arn"],
        release_id=plan["release_id"],
        is_serverless="ServerlessConfig" in plan["endpoint_config"]["ProductionVariants"][0],
        # Its tests come next.
        verified=False,
    )
    kept = remember([old for old in good if old.config != plan["not_good"]], runs)
    stage, endpoint = plan["stage"], plan["endpoint_name"]
    running.note(ledger, settings.project_name, stage, endpoint, kept, now)
    return kept
