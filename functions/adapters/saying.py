"""A person says yes or no, on a page or in Slack: what is checked, recorded and carried out."""

from datetime import datetime

from adapters import approvals, attempts, effects, objects, registry, turns
from adapters.http import Request
from adapters.ledger import Ledger
from domain import deciding as life
from domain.approval import Approval, ApprovalError, Kind, Verdict
from domain.errors import ArtifactChangedError, NotApprovedError, ReleaseRefusedError
from domain.ledger import Fact, iso
from domain.people import NameRequiredError, Person
from domain.release import check_artifact, check_settings

REASON_MOST = 1000


def say(
    approval: Approval,
    person: Person,
    verdict: Verdict,
    reason: str,
    request: Request,
    ledger: Ledger,
    project: str,
    now: datetime,
    via: str = "link",
) -> Approval:
    """The approval after it. Raises ApprovalError or NameRequiredError, and writes the attempt."""
    try:
        _look_again(approval, ledger, now)
        after = approvals.change(
            ledger,
            approval.id,
            lambda a: life.decide(a, person, verdict, reason[:REASON_MOST], now, via),
        )
    except (ApprovalError, NameRequiredError) as error:
        who = person.label or "nobody"
        attempts.record(ledger, approval, who, str(error), request, now, known=True)
        raise
    assert after is not None, "approvals are never deleted while they can be decided"
    _record(after, verdict, request, ledger, project, now)
    if not after.is_pending:
        effects.carry_out(after, ledger)
    return after


def _look_again(approval: Approval, ledger: Ledger, now: datetime) -> None:
    """What is asked about may have changed since: then the question ends before it is answered."""
    if not approval.is_pending:
        return
    version = registry.version_if_there(approval.model_package_arn)
    if version is None:
        why = f"version {approval.version} was deleted from the registry"
        _end(approval, NotApprovedError(why), ledger, now)
        return
    if approval.kind is Kind.REVIEW and version.status in {"Approved", "Rejected"}:
        verdict = Verdict.APPROVE if version.status == "Approved" else Verdict.REJECT
        reason = version.description
        approvals.settle(ledger, approval.id, verdict, version.changed_by, now, reason)
        return
    try:
        check_artifact(version, objects.etag(version.model_data_uri))
        if approval.settings_etag:
            uri = approval.settings_uri
            check_settings(uri, approval.settings_etag, objects.etag(uri))
    except ArtifactChangedError as error:
        _end(approval, error, ledger, now)


def _end(approval: Approval, error: ReleaseRefusedError, ledger: Ledger, now: datetime) -> None:
    approvals.void(ledger, approval.id, str(error), now)
    if approval.kind is Kind.PROMOTION:
        # A void question answers nobody: the release that waits for it must end.
        name = type(error).__name__
        turns.fail_waits(ledger, approval.release_id, name, str(error), now)


def _record(
    approval: Approval,
    verdict: Verdict,
    request: Request,
    ledger: Ledger,
    project: str,
    now: datetime,
) -> None:
    decision = approval.decisions[-1]
    word = "yes" if verdict is Verdict.APPROVE else "no"
    where = {"slack": " in Slack", "shared": " by a shared link"}.get(decision.via, "")
    missing = approval.yeses_missing if approval.is_pending else 0
    more = f"; {missing} more needed" if missing else ""
    title = f"{decision.person} said {word} to the {approval.kind.value}{where}{more}"
    detail = {
        "reason": decision.reason,
        "who": decision.person,
        "address": request.address,
        "agent": request.agent,
        "approval": approval.id,
    }
    kind = "promoted" if verdict is Verdict.APPROVE else "rejected"
    cause = f"{approval.id}-{decision.person}-{iso(now)}"
    ledger.record(Fact(project, approval.model_package_arn, kind, title, now, cause, detail))
