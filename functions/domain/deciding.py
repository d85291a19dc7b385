"""The life of an approval: pending, then approved, rejected, expired or void, once and for good.

Every function here is pure: it takes an approval and gives the next one with `revision` one higher,
or raises. The adapter writes with the condition that the stored `revision` is still the old one, so
of two deciders who read the same approval exactly one succeeds; the other reads again and is shown
the first one's decision.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.approval import (
    AlreadyDecidedError,
    Approval,
    ApprovalExpiredError,
    ApprovalVoidError,
    Decision,
    FourEyesError,
    Kind,
    NotAnApproverError,
    ReasonRequiredError,
    State,
    Verdict,
)
from domain.errors import InvalidSettingsError
from domain.people import Person, mailbox, normal_address
from domain.plain import plain
from domain.policy import StagePolicy


@dataclass(frozen=True)
class Subject:
    """What an approval asks about."""

    model_package_arn: str
    version: int
    release_id: str
    committer: str = ""


def open_approval(
    rules: StagePolicy,
    kind: Kind,
    subject: Subject,
    approval_id: str,
    now: datetime,
    *,
    shared: bool = False,
    reason_for_yes: bool = False,
) -> Approval:
    """A new pending approval under these rules; `shared` when links cannot be personal (SNS).

    Raises InvalidSettingsError when the rules can never be met, because four eyes leave too few.
    """
    _check_reachable(rules, kind, subject, shared)
    expires_at = now + timedelta(hours=rules.hours)
    remind_at = now + timedelta(hours=rules.hours * rules.remind_at) if rules.remind_at else None
    return Approval(
        id=approval_id,
        kind=kind,
        model_package_arn=subject.model_package_arn,
        version=subject.version,
        release_id=subject.release_id,
        people=rules.approvers,
        created_at=now,
        expires_at=expires_at,
        remind_at=remind_at,
        needed_yeses=rules.yeses,
        four_eyes=rules.four_eyes,
        committer=subject.committer,
        shared=shared,
        reason_for_yes=reason_for_yes,
        rejects_on_expiry=rules.on_expiry == "reject",
    )


def decide(
    approval: Approval,
    person: Person,
    verdict: Verdict,
    reason: str,
    now: datetime,
    via: str = "link",
) -> Approval:
    """The approval after `person` said yes or no; a first no ends it, the last needed yes too.

    Raises AlreadyDecidedError, ApprovalVoidError, ApprovalExpiredError, NotAnApproverError,
    FourEyesError, ReasonRequiredError, and NameRequiredError for a shared link without a name.
    """
    _check_open(approval, now)
    person = person.named(person.name)
    _check_person(approval, person, verdict)
    reason = plain(reason).strip()
    says_nothing = not any(c.isprintable() and not c.isspace() for c in reason)
    if says_nothing and (verdict is Verdict.REJECT or approval.reason_for_yes):
        word = "no" if verdict is Verdict.REJECT else "yes against the evidence"
        raise ReasonRequiredError(f"a {word} needs a reason", approval)
    how = "shared" if person.is_shared else via
    decision = Decision(person.label, verdict, reason, now, how)
    return _with_decision(approval, decision)


def settle(
    approval: Approval, verdict: Verdict, person: str, now: datetime, reason: str = ""
) -> Approval:
    """The approval after the registry itself was changed (Studio, API): that decides, by itself.

    `person` is who changed the registry. A settled approval is returned as it is.
    """
    if not approval.is_pending:
        return approval
    decision = Decision(person, verdict, reason.strip(), now, "registry")
    state = State.APPROVED if verdict is Verdict.APPROVE else State.REJECTED
    return _ended(approval, state, now, decisions=(*approval.decisions, decision))


def void(approval: Approval, why: str, now: datetime) -> Approval:
    """The approval after its subject went away; an approval that has ended stays as it is."""
    if not approval.is_pending:
        return approval
    return _ended(approval, State.VOID, now, why=why)


def expire(approval: Approval, now: datetime) -> Approval:
    """The approval at `now`: expired if its time is over and nobody has ended it."""
    if not approval.is_pending or now < approval.expires_at:
        return approval
    return _ended(approval, State.EXPIRED, now)


def due_for_reminder(approval: Approval, now: datetime) -> bool:
    """Whether people should be reminded now: once, while there is still time to decide."""
    return (
        approval.is_pending
        and approval.remind_at is not None
        and approval.reminded_at is None
        and approval.remind_at <= now < approval.expires_at
    )


def reminded(approval: Approval, now: datetime) -> Approval:
    """The approval after the reminder; written before the mail is sent, so that it is sent once."""
    return replace(approval, reminded_at=now, revision=approval.revision + 1)


def people_to_ask(approval: Approval) -> tuple[str, ...]:
    """Whom a reminder goes to: those who have not spoken and may say yes."""
    silent = [p for p in approval.people if approval.decision_of(Person(p)) is None]
    barred = approval.four_eyes
    return tuple(p for p in silent if not (barred and approval.is_committer(Person(p))))


def _check_open(approval: Approval, now: datetime) -> None:
    if approval.state is State.VOID:
        raise ApprovalVoidError(approval.why, approval)
    if expire(approval, now).state is State.EXPIRED:
        raise ApprovalExpiredError(f"expired at {approval.expires_at:%Y-%m-%d %H:%M}", approval)
    if not approval.is_pending:
        raise AlreadyDecidedError(f"already {approval.state}", approval)


def _check_person(approval: Approval, person: Person, verdict: Verdict) -> None:
    known = {normal_address(address) for address in approval.people}
    allowed = approval.shared if person.is_shared else normal_address(person.address) in known
    if not allowed:
        raise NotAnApproverError(f"{person.label} may not decide this", approval)
    if approval.decision_of(person) is not None:
        raise AlreadyDecidedError(f"{person.label} has decided before", approval)
    if verdict is Verdict.APPROVE and approval.four_eyes and approval.is_committer(person):
        raise FourEyesError("the committer may not approve their own commit", approval)


def _with_decision(approval: Approval, decision: Decision) -> Approval:
    decisions = (*approval.decisions, decision)
    if decision.verdict is Verdict.REJECT:
        return _ended(approval, State.REJECTED, decision.at, decisions=decisions)
    more = replace(approval, decisions=decisions, revision=approval.revision + 1)
    if more.yeses_missing:
        return more
    return _ended(approval, State.APPROVED, decision.at, decisions=decisions)


def _ended(
    approval: Approval,
    state: State,
    now: datetime,
    decisions: tuple[Decision, ...] | None = None,
    why: str = "",
) -> Approval:
    return replace(
        approval,
        state=state,
        decisions=approval.decisions if decisions is None else decisions,
        why=why,
        ended_at=now,
        revision=approval.revision + 1,
    )


def _check_reachable(rules: StagePolicy, kind: Kind, subject: Subject, shared: bool) -> None:
    made_it = {mailbox(one) for one in subject.committer.split()}
    barred = [p for p in rules.approvers if rules.four_eyes and mailbox(p) in made_it]
    left = len(rules.approvers) - len(barred)
    if not shared and left < rules.yeses:
        raise InvalidSettingsError(
            f"stages.yaml: approvals.{kind} needs {rules.yeses} yeses, but only {left} people may "
            f"give one for a commit by {subject.committer or 'nobody known'}; add an approver"
        )
