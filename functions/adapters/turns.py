"""Turns at an endpoint: the ledger's turn, and the task tokens of those who wait for it."""

from datetime import datetime

from adapters import approvals, executions
from adapters.ledger import Ledger
from domain import ledger as keys
from domain import turn
from domain.turn import Effects, Phase, Release


def take(ledger: Ledger, endpoint: str, release: Release, now: datetime) -> Effects:
    """Ask for the turn; those who have lost their place are told, the one whose turn it is goes on.

    A holder whose execution has ended without leaving gives its turn back here.
    """
    _free_from_dead(ledger, endpoint, now)
    effects = ledger.change_turn(endpoint, lambda now_: turn.ask(now_, release))
    carry_out(ledger, effects, f"release {release.release_id} took its place", now)
    return effects


def enter(ledger: Ledger, endpoint: str, release_id: str, phase: Phase, now: datetime) -> Effects:
    """The holder begins to wait for promotion or to deploy; it may be superseded by that."""
    effects = ledger.change_turn(endpoint, lambda now_: turn.enter(now_, release_id, phase))
    carry_out(ledger, effects, "a newer approved version is in line", now)
    return effects


def leave(ledger: Ledger, endpoint: str, release_id: str, now: datetime) -> None:
    """Give the turn, or the place in line, back."""
    effects = ledger.change_turn(endpoint, lambda now_: turn.leave(now_, release_id))
    carry_out(ledger, effects, "", now)


def withdraw(
    ledger: Ledger, endpoint: str, model_package_arn: str, why: str, now: datetime
) -> list[str]:
    """Void the releases of a version that waits: at promotion, or in line. Names of them."""
    stored = ledger.get(keys.turn_key(endpoint))
    if stored is None:
        return []
    current = turn.from_item(stored)
    waiting = list(current.line)
    if current.holder and current.phase == "waiting":
        waiting.append(current.holder)
    voided = [r.release_id for r in waiting if r.model_package_arn == model_package_arn]
    for release_id in voided:
        fail_waits(ledger, release_id, "NotApprovedError", why, now)
    return voided


def carry_out(ledger: Ledger, effects: Effects, why: str, now: datetime) -> None:
    """Resume the release whose turn it is; fail the waits of those that were superseded."""
    for release_id in effects.supersede:
        fail_waits(ledger, release_id, "SupersededError", why, now)
    if effects.resume:
        token = ledger.awaited(keys.turn_wait(effects.resume))
        if token:
            executions.resume(token, {"release_id": effects.resume})
            ledger.delete(keys.wait_key(keys.turn_wait(effects.resume)))


def fail_waits(ledger: Ledger, release_id: str, error: str, why: str, now: datetime) -> None:
    """End a release that waits for its turn or its promotion; its question is void."""
    approvals.void(ledger, approvals.promotion_id(release_id), why, now)
    for name in (keys.promotion_wait(release_id), keys.turn_wait(release_id)):
        token = ledger.awaited(name)
        if token:
            executions.fail(token, error, why)
            ledger.delete(keys.wait_key(name))


def is_held(ledger: Ledger, endpoint: str, other_than: str = "") -> bool:
    """Whether a release that runs holds the turn, another than the named one."""
    stored = ledger.get(keys.turn_key(endpoint))
    holder = turn.from_item(stored).holder if stored else None
    if holder is None or holder.release_id == other_than:
        return False
    return executions.is_running(holder.execution_arn)


def _free_from_dead(ledger: Ledger, endpoint: str, now: datetime) -> None:
    stored = ledger.get(keys.turn_key(endpoint))
    holder = turn.from_item(stored).holder if stored else None
    if holder and not executions.is_running(holder.execution_arn):
        leave(ledger, endpoint, holder.release_id, now)
