"""An approval's page and its button: whose link it is, what stands, what follows a decision."""

from dataclasses import dataclass
from datetime import datetime

from adapters import approvals, effects, secrets, views
from adapters.http import Request
from adapters.ledger import Ledger
from domain import deciding as life
from domain import links
from domain.approval import (
    Approval,
    ApprovalError,
    FourEyesError,
    NotAnApproverError,
    Verdict,
)
from domain.ledger import Fact, iso
from domain.pages import messages
from domain.pages.approval import render_approval
from domain.people import NameRequiredError, Person


@dataclass(frozen=True)
class Settings:
    """What the template sets."""

    approvers: str
    artifact_bucket: str
    ledger_table: str
    link_secret_arn: str
    production_endpoint_name: str
    project_name: str
    staging_endpoint_name: str

    @property
    def places(self) -> views.Places:
        """Where things are in this stack."""
        return views.Places(
            self.artifact_bucket,
            self.project_name,
            self.staging_endpoint_name,
            self.production_endpoint_name,
            self.approvers,
        )


def show(request: Request, settings: Settings, now: datetime) -> tuple[int, str]:
    """HTTP status and page of a link. Nothing is written."""
    try:
        approval, person = _open(request, settings, now)
    except links.LinkError as error:
        return refusal(error)
    if approval is None:
        return 404, messages.render_unknown()
    return 200, _page(approval, person, settings, now)


def decide(request: Request, settings: Settings, now: datetime) -> tuple[int, str]:
    """HTTP status and page after a decision, or after why it does not count."""
    try:
        approval, person = _open(request, settings, now)
    except links.LinkError as error:
        return refusal(error)
    if approval is None:
        return 404, messages.render_unknown()
    form = request.form
    try:
        verdict = Verdict(form.get("decision", ""))
        decided = _decide(
            approval, person.named(form.get("name", "")), verdict, form, settings, now
        )
    except ValueError:
        return 400, _page(approval, person, settings, now, "Choose yes or no.", form)
    except NameRequiredError as error:
        return 400, _page(approval, person, settings, now, str(error), form)
    except (NotAnApproverError, FourEyesError) as error:
        return 403, messages.render_not_allowed(str(error))
    except ApprovalError as error:
        status = 400 if error.approval.is_pending else 409
        problem = str(error) if error.approval.is_pending else ""
        return status, _page(error.approval, person, settings, now, problem, form)
    _record(request, decided, person, verdict, settings, now)
    view = views.approval_view(decided, person, Ledger(settings.ledger_table), settings.places, now)
    return 200, messages.render_decided(view)


def refusal(error: links.LinkError) -> tuple[int, str]:
    """HTTP status and page of a link that opens nothing."""
    if isinstance(error, links.LinkExpiredError):
        return 410, messages.render_link_expired()
    return 403, messages.render_forged()


def _open(request: Request, settings: Settings, now: datetime) -> tuple[Approval | None, Person]:
    approval_id = request.path.get("approval_id", "")
    keys = secrets.link_keys(settings.link_secret_arn)
    person = links.verify(request.query, approval_id, keys.by_id, now)
    return approvals.load(Ledger(settings.ledger_table), approval_id), person


def _decide(
    approval: Approval,
    person: Person,
    verdict: Verdict,
    form: dict[str, str],
    settings: Settings,
    now: datetime,
) -> Approval:
    ledger, reason = Ledger(settings.ledger_table), form.get("reason", "")[:1000]
    after = approvals.change(
        ledger, approval.id, lambda a: life.decide(a, person, verdict, reason, now)
    )
    assert after is not None, "approvals are never deleted while they can be decided"
    if not after.is_pending:
        effects.carry_out(after, ledger)
    return after


def _record(
    request: Request,
    approval: Approval,
    person: Person,
    verdict: Verdict,
    settings: Settings,
    now: datetime,
) -> None:
    decision = approval.decisions[-1]
    word = "yes" if verdict is Verdict.APPROVE else "no"
    title = f"{decision.person} said {word} to the {approval.kind.value}"
    detail = {
        "reason": decision.reason,
        "who": decision.person,
        "address": request.address,
        "agent": request.agent,
        "approval": approval.id,
    }
    kind = "promoted" if verdict is Verdict.APPROVE else "rejected"
    cause = f"{approval.id}-{person.label}-{iso(now)}"
    fact = Fact(settings.project_name, approval.model_package_arn, kind, title, now, cause, detail)
    Ledger(settings.ledger_table).record(fact)


def _page(
    approval: Approval,
    person: Person,
    settings: Settings,
    now: datetime,
    problem: str = "",
    typed: dict[str, str] | None = None,
) -> str:
    ledger = Ledger(settings.ledger_table)
    view = views.approval_view(approval, person, ledger, settings.places, now)
    return render_approval(views.with_problem(view, problem, typed))
