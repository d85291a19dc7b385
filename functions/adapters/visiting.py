"""Who opens a page: the person of a signed link, or of the identity provider's token."""

from datetime import datetime
from typing import Protocol

from adapters import secrets
from adapters.http import Request
from domain import identity, links
from domain.identity import NotSignedInError, OtherSiteError
from domain.pages import messages
from domain.people import Person

REFUSED = (links.LinkError, NotSignedInError, OtherSiteError)
"""What `visitor` raises; `refusal` has the page for it."""


class Doors(Protocol):
    """How people come in. With a `jwt_issuer` the token alone says who it is."""

    @property
    def link_secret_arn(self) -> str:
        """The secret that signs links."""

    @property
    def jwt_issuer(self) -> str:
        """The identity provider; empty without one."""


def visitor(request: Request, subject: str, doors: Doors, now: datetime) -> Person:
    """Who may open `subject` (an approval's id, or `links.RELEASES`). Raises one of `REFUSED`."""
    if doors.jwt_issuer:
        person = identity.person_of(request.claims)
        identity.check_sender(request.method, request.site)
        return person
    keys = secrets.verifying_keys(doors.link_secret_arn, request.query.get("k", ""))
    return links.verify(request.query, subject, keys, now)


def refusal(error: Exception) -> tuple[int, str]:
    """HTTP status and page for a visitor who does not come in."""
    if isinstance(error, NotSignedInError):
        return 401, messages.render_not_signed_in(str(error))
    if isinstance(error, OtherSiteError):
        return 403, messages.render_not_allowed(str(error))
    if isinstance(error, links.LinkExpiredError):
        return 410, messages.render_link_expired()
    return 403, messages.render_forged()


def stranger(request: Request, error: Exception) -> str:
    """Who tried, as far as it is known: only an expired link was ours once."""
    if isinstance(error, OtherSiteError):
        return identity.person_of(request.claims).label
    if isinstance(error, links.LinkExpiredError):
        return error.person.label or "a shared link"
    claimed = request.query.get("p", "")[:100]
    return f"somebody, as {claimed}" if claimed.isprintable() and claimed else "somebody"
