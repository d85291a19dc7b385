"""What follows when an approval ends: the registry is told, or the waiting release is.

Doing it twice is harmless, so that `reconcile` may do it again after a crash in between.
"""

from adapters import executions, registry
from adapters.ledger import Ledger
from domain import ledger as keys
from domain.approval import Approval, Kind, State

STATUS = {State.APPROVED: "Approved", State.REJECTED: "Rejected", State.EXPIRED: "Rejected"}


def carry_out(approval: Approval, ledger: Ledger, live: str = "") -> None:
    """Act on an approval that has ended; a void one has no effect of its own.

    `live` is the version that production runs: silence alone must never replace it.
    """
    if approval.kind is Kind.REVIEW:
        _tell_registry(approval)
    else:
        _tell_release(approval, ledger, live)


def acts(approval: Approval) -> bool:
    """Whether its end has an effect of its own."""
    return approval.state in STATUS and not _is_kept(approval)


def _tell_registry(approval: Approval) -> None:
    status = STATUS.get(approval.state)
    if status is None or _is_kept(approval):
        return
    version = registry.version_if_there(approval.model_package_arn)
    if version and version.status == "PendingManualApproval":
        registry.decide(approval.model_package_arn, status, words(approval))


def _tell_release(approval: Approval, ledger: Ledger, live: str) -> None:
    if approval.state not in STATUS:
        return
    token = ledger.awaited(keys.promotion_wait(approval.release_id))
    last = approval.decisions[-1] if approval.decisions else None
    if token:
        said = {
            "decision": approval.state.value,
            "person": last.person if last else "",
            "reason": last.reason if last else words(approval),
        }
        executions.resume(token, said)
        ledger.delete(keys.wait_key(keys.promotion_wait(approval.release_id)))
    # After the release: the registry's event must find nothing that still waits.
    silent = approval.state is State.EXPIRED and approval.model_package_arn != live
    is_no = approval.state is State.REJECTED or (silent and not _is_kept(approval))
    if is_no and registry.version_if_there(approval.model_package_arn):
        registry.decide(approval.model_package_arn, "Rejected", words(approval))


def _is_kept(approval: Approval) -> bool:
    """Whether only the question ended, and the version stays what it is."""
    return approval.state is State.EXPIRED and not approval.rejects_on_expiry


def words(approval: Approval) -> str:
    """What is written into the registry: who, and why."""
    if not approval.decisions:
        return f"nobody decided before {approval.expires_at:%Y-%m-%d %H:%M} UTC"
    people = ", ".join(decision.person for decision in approval.decisions)
    reason = approval.decisions[-1].reason
    return f"{people}: {reason}" if reason else people
