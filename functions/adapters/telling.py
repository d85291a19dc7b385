"""An approval has ended: those who were asked hear of it once, if they have not heard already."""

from datetime import datetime

from adapters import approvals, asking, channel, registry, views
from adapters.asking import Composer, Settings
from adapters.ledger import Ledger
from domain import ledger as keys
from domain import mails
from domain.approval import Approval, Kind, State
from domain.people import SHARED, Person

_FLAG = "outcome_told"


def tell(approval_id: str, settings: Settings, now: datetime) -> bool:
    """Whether somebody was told just now. A second call tells nobody."""
    ledger = Ledger(settings.ledger_table)
    approval = approvals.load(ledger, approval_id)
    if approval is None or approval.is_pending:
        return False
    if registry.version_if_there(approval.model_package_arn) is None:
        # Deleted from the registry: no page shows it any more.
        return False
    if not ledger.flag(keys.approval_key(approval_id), _FLAG):
        return False
    compose = _mail(approval)
    try:
        if compose:
            asking.tell(approval, compose, settings, now)
    except Exception:
        ledger.unflag(keys.approval_key(approval_id), _FLAG)
        raise
    view = views.approval_view(approval, Person(SHARED), ledger, settings.places, now)
    channel.tell(view, asking.link(approval, SHARED, settings), ledger, settings, now)
    return True


def _mail(approval: Approval) -> Composer | None:
    """The mail for this end, or none: a link's own decision is seen on its page, and the end of a
    promotion is told by the release that ends with it."""
    if approval.state is State.VOID:
        return mails.void_mail
    expired = approval.state is State.EXPIRED and approval.kind is Kind.REVIEW
    return mails.settled_mail if approval.settled_by_registry or expired else None
