"""What follows when an approval's button is pressed: it counts, or the page says why it does not.

Apart from `reviewing`, so that showing a page, which is the first thing that a person waits for,
does not start with what only a decision needs.
"""

from datetime import datetime

from adapters import approvals, attempts, reviewing, saying, views, visiting
from adapters.http import Request
from adapters.reviewing import Settings
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
from domain.people import NameRequiredError, Person


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
    approval: Approval,
    person: Person,
    request: Request,
    settings: Settings,
    now: datetime,
) -> tuple[int, str]:
    form, ledger = request.form, settings.ledger
    try:
        verdict = Verdict(form.get("decision", ""))
    except ValueError:
        return 400, reviewing.page(approval, person, settings, now, "Choose yes or no.", form)
    try:
        speaker = Person(person.address, form.get("name", "")) if person.is_shared else person
        reason, project = form.get("reason", ""), settings.project_name
        decided = saying.say(approval, speaker, verdict, reason, request, ledger, project, now)
    except NameRequiredError as error:
        return 400, reviewing.page(approval, person, settings, now, _sentence(error), form)
    except (NotAnApproverError, FourEyesError) as error:
        return 403, messages.render_not_allowed(_sentence(error))
    except ApprovalError as error:
        again = isinstance(error, AlreadyDecidedError) or not error.approval.is_pending
        problem = "" if again else _sentence(error)
        status = 409 if again else 400
        return status, reviewing.page(error.approval, person, settings, now, problem, form)
    view = views.approval_view(decided, person, ledger, settings.places, now)
    return 200, messages.render_decided(view)


def _sentence(error: Exception) -> str:
    words = str(error)
    return f"{words[:1].upper()}{words[1:]}."
