"""The default event bus: events of our own."""

import json
from typing import Any

from adapters import aws
from domain.events import GITHUB_PUSH, GITHUB_SOURCE


class EventNotTakenError(RuntimeError):
    """EventBridge did not take an event; the sender is told to send it again."""


def tell_push(detail: dict[str, Any]) -> None:
    """Put a GitHub push on the bus. Raises `EventNotTakenError`: GitHub shows it as failed."""
    answer = aws.client("events").put_events(
        Entries=[{"Source": GITHUB_SOURCE, "DetailType": GITHUB_PUSH, "Detail": json.dumps(detail)}]
    )
    if answer["FailedEntryCount"]:
        entry = answer["Entries"][0]
        raise EventNotTakenError(f"{entry.get('ErrorCode')}: {entry.get('ErrorMessage')}")
