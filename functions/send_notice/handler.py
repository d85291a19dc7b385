"""A build ended without a pipeline: people are told why, and what mends it."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger

from adapters import asking, notices
from adapters.ledger import Ledger
from adapters.notices import Notice
from adapters.settings import load
from domain.ledger import Fact

settings = load(asking.Settings)
logger = Logger()
TITLES = {"build_refused": "The commit was not built", "build_failed": "The build failed"}


@logger.inject_lambda_context
def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """A kind of notice, a commit, an error and its cause → one mail, one line of the timeline."""
    kind, commit_id = event["kind"], event["commit"]["commit_id"]
    reason = notices.words(event["cause"])
    now, subject = datetime.now(UTC), event["subject"]
    said = {"reason": reason, "error": event["error"]}
    fact = Fact(settings.project_name, subject, kind, TITLES[kind], now, event["execution"], said)
    ledger = Ledger(settings.ledger_table)
    # Told, then recorded: a mail that failed is tried again, and nobody is told twice after it.
    if not ledger.knows(fact):
        notice = Notice(kind, TITLES[kind], reason, commit_id=commit_id)
        notices.tell(notice, event["execution"], subject, settings, now)
        ledger.record(fact)
    logger.info("Told", extra={"kind": kind, "commit": commit_id, "reason": reason})
    return {"kind": kind}
