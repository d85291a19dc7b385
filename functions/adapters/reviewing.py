"""An approval's page: whose link it is, and what stands. The button is decide_approval's."""

from dataclasses import dataclass
from datetime import datetime

from adapters import approvals, views, visiting
from adapters.http import Request
from adapters.ledger import Ledger
from adapters.visiting import REFUSED
from domain.approval import Approval
from domain.pages import messages
from domain.pages.approval import render_approval
from domain.people import Person


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
    return 200, page(approval, person, settings, now)


def page(
    approval: Approval,
    person: Person,
    settings: Settings,
    now: datetime,
    problem: str = "",
    typed: dict[str, str] | None = None,
) -> str:
    """The page as one person sees it, with why the last try did not count and what was typed."""
    view = views.approval_view(approval, person, settings.ledger, settings.places, now)
    return render_approval(views.with_problem(view, problem, typed))
