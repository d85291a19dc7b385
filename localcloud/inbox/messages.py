"""Everything that was sent to people: SES mails as ministack keeps them, and SNS e-mails.

A message is kept for the life of the process, newest first in every list.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True)
class Message:
    """One message to people. `time` is in epoch seconds, `kind` mail, notification or slack."""

    id: str
    kind: str
    time: float
    sender: str
    to: tuple[str, ...]
    subject: str
    text: str
    html: str

    def as_json(self) -> dict[str, Any]:
        """Return the message for the inbox's JSON, with the time in ISO 8601 as well."""
        when = datetime.fromtimestamp(self.time, UTC).isoformat(timespec="milliseconds")
        return {**asdict(self), "to": list(self.to), "at": when}


class Messages:
    """The messages of one local cloud: those recorded here, and those that `mails` gives."""

    def __init__(self, mails: Callable[[], list[Message]]) -> None:
        self._mails = mails
        self._recorded: list[Message] = []
        self._lock = threading.Lock()

    def record(self, message: Message) -> None:
        """Keep a message that no emulated service keeps."""
        with self._lock:
            self._recorded.append(message)

    def newest_first(self) -> list[Message]:
        """Return all messages, the newest first."""
        with self._lock:
            known = [*self._mails(), *self._recorded]
        return sorted(known, key=lambda message: message.time, reverse=True)

    def get(self, message_id: str) -> Message | None:
        """Return one message, or None."""
        return next((m for m in self.newest_first() if m.id == message_id), None)


def ses_mails() -> list[Message]:
    """Return the mails that ministack's SES took, of all accounts and regions."""
    from ministack.services import ses

    sent = [
        record
        for (_account, _region, key), records in list(ses._sent_emails.all_items())
        if key == "entries"
        for record in list(records)
    ]
    return [_from_ses(record) for record in sent]


def _from_ses(record: dict[str, Any]) -> Message:
    recipients = [*record.get("To", []), *record.get("CC", []), *record.get("BCC", [])]
    return Message(
        id=short_id(record["MessageId"]),
        kind="mail",
        time=record["Timestamp"],
        sender=record.get("Source", ""),
        to=tuple(recipients),
        subject=record.get("RenderedSubject") or record.get("Subject") or "",
        text=record.get("RenderedBodyText") or record.get("BodyText") or "",
        html=record.get("RenderedBodyHtml") or record.get("BodyHtml") or "",
    )


def short_id(message_id: str) -> str:
    """Return an id that fits into an address."""
    return hashlib.sha256(message_id.encode()).hexdigest()[:12]
