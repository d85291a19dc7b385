"""An approval's page and its button: whose link it is, what stands, what follows a decision."""

from dataclasses import dataclass
from datetime import datetime

from adapters import approvals, attempts, saying, views, visiting
from adapters.http import Request
from adapters.ledger import Ledger
from adapters.visiting import REFUSED
from domain.approval import (
    AlreadyDecidedError,
    Approval,
    ApprovalError,
    FourEyesError,
    NotAnApproverError,
    Verdict,
)
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
    jwt_issuer: str = ""

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

    @property
    def ledger(self) -> Ledger:
        """The stack's ledger."""
        return Ledger(self.ledger_table)


def show(request: Request, settings: Settings, now: datetime) -> tuple[int, str]:
    """HTTP status and page of a link. Nothing is written."""
    approval_id = request.path.get("approval_id", "")
    try:
        person = visiting.visitor(request, approval_id, settings, now)
    except REFUSED as error:
        return visiting.refusal(error)
    approval = approvals.load(settings.ledger, approval_id)
    if approval is None:
        return 404, messages.render_unknown()
    return 200, _page(approval, person, settings, now)


def decide(request: Request, settings: Settings, now: datetime) -> tuple[int, str]:
    """HTTP status and page after a decision, or after why it does not count."""
    approval_id = request.path.get("approval_id", "")
    approval = approvals.load(settings.ledger, approval_id)
    try:
        person = visiting.visitor(request, approval_id, settings, now)
    except REFUSED as error:
        if approval:
            who = visiting.stranger(request, error)
            attempts.record(settings.ledger, approval, who, str(error), request, now)
        return visiting.refusal(error)
    if approval is None:
        return 404, messages.render_unknown()
    return _decide(approval, person, request, settings, now)


def _decide(
    approval: Approval, person: Person, request: Request, settings: Settings, now: datetime
) -> tuple[int, str]:
    form, ledger = request.form, settings.ledger
    try:
        verdict = Verdict(form.get("decision", ""))
    except ValueError:
        return 400, _page(approval, person, settings, now, "Choose yes or no.", form)
    try:
        speaker = Person(person.address, form.get("name", "")) if person.is_shared else person
        reason, project = form.get("reason", ""), settings.project_name
        decided = saying.say(approval, speaker, verdict, reason, request, ledger, project, now)
    except NameRequiredError as error:
        return 400, _page(approval, person, settings, now, _sentence(error), form)
    except (NotAnApproverError, FourEyesError) as error:
        return 403, messages.render_not_allowed(_sentence(error))
    except ApprovalError as error:
        again = isinstance(error, AlreadyDecidedError) or not error.approval.is_pending
        problem = "" if again else _sentence(error)
        status = 409 if again else 400
        return status, _page(error.approval, person, settings, now, problem, form)
    view = views.approval_view(decided, person, ledger, settings.places, now)
    return 200, messages.render_decided(view)


def _sentence(error: Exception) -> str:
    words = str(error)
    return f"{words[:1].upper()}{words[1:]}."


def _page(
    approval: Approval,
    person: Person,
    settings: Settings,
    now: datetime,
    problem: str = "",
    typed: dict[str, str] | None = None,
) -> str:
    view = views.approval_view(approval, person, settings.ledger, settings.places, now)
    return render_approval(views.with_problem(view, problem, typed))
