"""Asking for promotion: register who waits, ask, and look once whether it is still wanted."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from adapters import asking, registry, turns
from adapters.ledger import Ledger
from domain.ledger import promotion_wait
from domain.release import check_approved


def ask(event: Mapping[str, Any], settings: asking.Settings, now: datetime) -> None:
    """Register the release's token and ask; raises NotApprovedError for a rejected version.

    A rejection ends the releases that wait. One that comes before this release is known to wait
    would find none and be lost, so the registry is looked at again after that.
    """
    ledger, release_id = Ledger(settings.ledger_table), event["release_id"]
    version = registry.version(event["model_package_arn"])
    check_approved(version)
    ledger.register_wait(promotion_wait(release_id), event["task_token"], now)
    asking.promotion(version, release_id, event["settings_uri"], settings, now)
    turns.enter(ledger, settings.production_endpoint_name, release_id, "waiting", now)
    check_approved(registry.version(version.arn))
