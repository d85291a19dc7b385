"""What an endpoint runs and may go back to, as the ledger has it."""

from collections.abc import Sequence
from datetime import datetime

from adapters.ledger import Ledger
from domain import ledger as keys
from domain.keeping import Good, to_items


def note(
    ledger: Ledger, project: str, stage: str, endpoint: str, good: Sequence[Good], now: datetime
) -> None:
    """The first of `good` is what runs now."""
    runs = good[0]
    ledger.update(
        keys.stage_key(endpoint),
        {
            "project": project,
            "kind": "stage",
            "stage": stage,
            "endpoint": endpoint,
            "model_package_arn": runs.model_package_arn,
            "release_id": runs.release_id,
            "config": runs.config,
            "good": to_items(good),
            "at": keys.still(now),
        },
    )
