"""One message to several people: each gets it once, however often it is tried.

An address that SES refuses (its sandbox, a typing error) is no reason to leave the others untold:
the timeline says who could not be told. What may be better later, as a quota, is raised when
everybody was tried, so that the caller is retried; who has the message does not get it again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapters import aws
from adapters.ledger import Ledger
from adapters.mailer import Mailer
from domain import ledger as keys
from domain.ledger import Fact
from domain.mail import Mail
from domain.people import SHARED

REFUSED = {"MessageRejected", "BadRequestException"}
KEPT = timedelta(days=90)


class NobodyToldError(RuntimeError):
    """Every address was refused: somebody has to look at SES, or at the addresses."""


@dataclass(frozen=True)
class Message:
    """What is told: `occasion` names it, `subject` is whose timeline it belongs to."""

    occasion: str
    project: str
    subject: str


def deliver(
    message: Message,
    people: Sequence[str],
    compose: Callable[[str], Mail],
    mailer: Mailer,
    ledger: Ledger,
    now: datetime,
) -> None:
    """Write to each of `people` (or once to the topic) what `compose` makes for their address."""
    addresses = [SHARED] if mailer.is_shared else people
    refused: list[str] = []
    failed: list[Exception] = []
    for address in addresses:
        key = keys.told_key(message.occasion, address)
        if ledger.get(key):
            continue
        mail = compose(address)
        try:
            mailer.send(mail, [address])
        except Exception as error:
            if aws.error_code(error) in REFUSED:
                refused.append(address)
                _note(message, address, str(error), ledger, now)
            else:
                failed.append(error)
        else:
            ledger.put(key, {"at": keys.iso(now), "expires": keys.epoch(now + KEPT)})
    if failed:
        raise failed[0]
    if refused and len(refused) == len(addresses):
        raise NobodyToldError(f"no mail was taken for {', '.join(refused)}")


def _note(message: Message, address: str, why: str, ledger: Ledger, now: datetime) -> None:
    title, cause = f"No mail could be sent to {address}", f"{message.occasion}-{address}"
    ledger.record(
        Fact(message.project, message.subject, "notice_failed", title, now, cause, {"reason": why})
    )
