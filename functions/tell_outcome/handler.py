"""An approval ended, however it did: who was asked hears of it once."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger

from adapters import asking, telling
from adapters.settings import load
from domain.approval_item import ended_in

settings = load(asking.Settings)
logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """The ledger's stream → which approvals people were told of. Records come in order."""
    told = []
    for record in event["Records"]:
        approval_id = ended_in(record)
        if approval_id and telling.tell(approval_id, settings, datetime.now(UTC)):
            told.append(approval_id)
    logger.info("Told", extra={"approvals": told})
    return {"told": told}
