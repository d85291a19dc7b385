"""What the registry says is what counts: its state now, not the event, which may be late.

AWS's contract: to Approved deploys that version; Pending to Rejected does nothing; Approved to
Rejected deploys the newest version that is still Approved. Taking a decision back does nothing by
itself; what is decided after it is decided anew.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters import approvals, effects, executions, registry, turns
from adapters.ledger import Item, Ledger
from domain import ledger as keys
from domain import naming
from domain.approval import Approval, Verdict
from domain.ledger import Fact
from domain.release import Version


@dataclass(frozen=True)
class Settings:
    """What the template sets."""

    ledger_table: str
    production_endpoint_name: str
    project_name: str
    release_state_machine_arn: str


def follow(
    arn: str, settings: Settings, now: datetime, reset: datetime | None = None
) -> dict[str, Any]:
    """Bring the ledger, the open approvals and the releases to what the registry says of `arn`.

    `reset` is when the decision was taken back, by an event that tells of that.
    """
    ledger = Ledger(settings.ledger_table)
    # Before the registry is asked: what is written meanwhile is newer than what it says.
    before = ledger.get(keys.version_key(arn))
    version = registry.version(arn)
    if version.status not in {"Approved", "Rejected"}:
        _take_back(ledger, before, version, now)
        return {"started": False, "status": version.status}
    review = _settle_review(ledger, version, now)
    if version.status == "Approved":
        known = _note(ledger, version, now, reset)
        return _release(ledger, version, int(known["approvals"]), settings, now)
    void = turns.withdraw(ledger, settings.production_endpoint_name, arn, _why(version), now)
    known = ledger.get(keys.version_key(arn)) or {}
    if review is None or review.settled_by_registry:
        _record_rejection(ledger, version, int(known.get("approvals", 0)), settings, now)
    is_new = known.get("status") != version.status
    started = replace_live(ledger, version, settings, now) if is_new else {"started": False}
    # Last: until it is written, a retry finds the successor that did not start.
    _note(ledger, version, now)
    return {**started, "void": void}


def _settle_review(ledger: Ledger, version: Version, now: datetime) -> Approval | None:
    verdict = Verdict.APPROVE if version.status == "Approved" else Verdict.REJECT
    return approvals.settle(
        ledger,
        approvals.review_id(version.arn),
        verdict,
        version.changed_by,
        now,
        version.description,
    )


def _record_rejection(
    ledger: Ledger, version: Version, approval: int, settings: Settings, now: datetime
) -> None:
    """A no that nobody gave by a link or in Slack, where it is written down as it is said."""
    title = f"Version {version.number} rejected by {version.changed_by or 'somebody'}"
    cause, detail = f"registry-{version.number}-{approval}", {"reason": version.description}
    ledger.record(Fact(settings.project_name, version.arn, "rejected", title, now, cause, detail))


def _take_back(ledger: Ledger, known: Item | None, version: Version, now: datetime) -> None:
    """Remember that the decision was taken back. Who was quicker knows better, or `reconcile`."""
    if known and known["status"] != version.status:
        item = {k: v for k, v in known.items() if k not in {"pk", "sk"}}
        item |= {"status": version.status, "revision": known["revision"] + 1, "at": keys.iso(now)}
        ledger.replace(keys.version_key(version.arn), item, known["revision"])


def _note(ledger: Ledger, version: Version, now: datetime, reset: datetime | None = None) -> Item:
    """Remember the registry's state; a step to Approved counts one more approval.

    So does a `reset` that came after what is known, though the registry says Approved again.
    """
    key = keys.version_key(version.arn)
    while True:
        stored = ledger.get(key)
        is_reset = stored and reset and keys.iso(reset) > stored.get("at", "")
        if stored and stored["status"] == version.status and not is_reset:
            return stored
        approvals_now = (stored["approvals"] if stored else 0) + (version.status == "Approved")
        revision = stored["revision"] if stored else 0
        item = {
            "status": version.status,
            "approvals": approvals_now,
            "revision": revision + 1,
            "changed_by": version.changed_by,
            "at": keys.iso(now),
        }
        if ledger.replace(key, item, revision) if stored else ledger.create(key, item):
            return item


def _release(
    ledger: Ledger,
    version: Version,
    approval: int,
    settings: Settings,
    now: datetime,
    replaces: str = "",
) -> dict[str, Any]:
    name = naming.release_execution(version.group, version.number, approval)
    value = {"release_id": name, "model_package_arn": version.arn}
    if replaces:
        value["replaces"] = replaces
    started = executions.start(settings.release_state_machine_arn, name, value)
    who, reason = _approver(ledger, version)
    title = f"Version {version.number} approved by {who}"
    detail = {"reason": reason, "release_id": name}
    ledger.record(Fact(settings.project_name, version.arn, "approved", title, now, name, detail))
    if started:
        registry.mark(version.arn, "Development", "Approved", title)
    return {"started": started, "release_id": name}


def _approver(ledger: Ledger, version: Version) -> tuple[str, str]:
    """Who approved it, and why.

    To the registry a decision on a page was made by our own function; what that wrote tells it from
    one that was made in the registry since.
    """
    review = approvals.load(ledger, approvals.review_id(version.arn))
    ours = registry.as_written(effects.words(review)) if review and review.decisions else None
    if review and version.description == ours:
        people = ", ".join(decision.person for decision in review.decisions)
        return people, review.decisions[-1].reason
    return version.changed_by or "somebody", version.description


def replace_live(
    ledger: Ledger, rejected: Version, settings: Settings, now: datetime
) -> dict[str, Any]:
    """The version in production was rejected: the newest that is still Approved takes its place.

    Once for each approval that was taken back, whoever finds it: its event, or the end of its own
    release, which the event may have come before.
    """
    known = ledger.get(keys.version_key(rejected.arn)) or {}
    if not _is_live(ledger, settings, rejected.arn):
        return {"started": False}
    successor = registry.newest_approved(rejected.group)
    title = f"Version {rejected.number} rejected while in production"
    cause = f"rejected-{rejected.number}-{known.get('approvals', 0)}"
    ledger.record(
        Fact(settings.project_name, rejected.arn, "rejected", title, now, cause,
             {"successor": successor, "reason": rejected.description})
    )  # fmt: skip
    if successor is None:
        return {"started": False, "successor": None}
    count = _count_again(ledger, successor, cause, now)
    version = registry.version(successor)
    return _release(ledger, version, count, settings, now, replaces=rejected.arn)


def _count_again(ledger: Ledger, arn: str, cause: str, now: datetime) -> int:
    """The number of an approval that nobody gave: one more, but once for the same cause."""
    key = keys.version_key(arn)

    def counted(stored: Item | None) -> Item:
        item = {k: v for k, v in (stored or {}).items() if k not in {"pk", "sk"}}
        if item.get("replaces") == cause:
            return item
        count = int(item.get("approvals", 0)) + 1
        known = {"status": "Approved", "approvals": count, "at": keys.iso(now)}
        return {**item, **known, "replaces": cause}

    ledger.transform(key, counted)
    return int((ledger.get(key) or {})["approvals"])


def _is_live(ledger: Ledger, settings: Settings, arn: str) -> bool:
    stage = ledger.get(keys.stage_key(settings.production_endpoint_name))
    return bool(stage and stage.get("model_package_arn") == arn)


def _why(version: Version) -> str:
    by = f" by {version.changed_by}" if version.changed_by else ""
    reason = f": {version.description}" if version.description else ""
    return f"version {version.number} was rejected in the registry{by}{reason}"
