"""Approvals in the ledger: every change is written with the condition that nobody was quicker."""

from collections.abc import Callable
from datetime import datetime

from adapters.ledger import Ledger
from domain import deciding as life
from domain import ledger as keys
from domain.approval import Approval, Verdict
from domain.approval_item import from_item, to_item
from domain.naming import digest, group_of, slug, version_of

RACES = 10


def review_id(model_package_arn: str) -> str:
    """The one review of a version."""
    tail = digest(model_package_arn)[:8]
    return f"review-{slug(group_of(model_package_arn))}-v{version_of(model_package_arn)}-{tail}"


def promotion_id(release_id: str) -> str:
    """The one promotion of a release."""
    return f"promotion-{release_id}"


def load(ledger: Ledger, approval_id: str) -> Approval | None:
    """An approval as it stands."""
    item = ledger.get(keys.approval_key(approval_id))
    return from_item(item) if item else None


def create(ledger: Ledger, approval: Approval, project: str) -> bool:
    """Store a new approval; False when it is there already."""
    item = to_item(approval) | {"project": project, "at": keys.still(approval.created_at)}
    return ledger.create(keys.approval_key(approval.id), item)


def change(
    ledger: Ledger, approval_id: str, step: Callable[[Approval], Approval]
) -> Approval | None:
    """Apply `step` (which may raise) to the approval as it stands, again if it changed meanwhile.

    Returns the approval after it, or None when there is none under that id.
    """
    key = keys.approval_key(approval_id)
    for _ in range(RACES):
        item = ledger.get(key)
        if item is None:
            return None
        before = from_item(item)
        after = step(before)
        if after is before:
            return before
        over = {"at": keys.iso(after.ended_at)} if after.ended_at else {}
        if ledger.replace(key, {**item, **to_item(after), **over}, before.revision):
            return after
    raise RuntimeError(f"approval {approval_id} changed {RACES} times while it was written")


def settle(
    ledger: Ledger, approval_id: str, verdict: Verdict, person: str, now: datetime, reason: str
) -> Approval | None:
    """The registry itself was changed: that settles an open review."""
    return change(ledger, approval_id, lambda a: life.settle(a, verdict, person, now, reason))


def void(ledger: Ledger, approval_id: str, why: str, now: datetime) -> Approval | None:
    """What was asked about is gone; an approval that has ended stays as it is."""
    return change(ledger, approval_id, lambda a: life.void(a, why, now))


def claim_announcement(ledger: Ledger, approval_id: str) -> bool:
    """Whether the caller is the one who writes to people: true once, so that nobody gets two."""
    return ledger.flag(keys.approval_key(approval_id), "announced")


def release_announcement(ledger: Ledger, approval_id: str) -> None:
    """Writing failed: let the next try claim it."""
    ledger.unflag(keys.approval_key(approval_id), "announced")
