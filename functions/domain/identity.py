"""Who a token of an identity provider speaks for.

API Gateway has verified signature, issuer, audience and times; what is left is to read the person.
"""

from collections.abc import Mapping
from typing import Any

from domain.people import SHARED, Person


class NotSignedInError(Exception):
    """There is no token, or it does not vouch for a mail address."""


class OtherSiteError(Exception):
    """A form was not sent by our own page, but in the name of somebody who is signed in."""


def check_sender(method: str, site: str) -> None:
    """Raise OtherSiteError for a form that another site may have made a browser send.

    A link's signature cannot be guessed and so guards its form. A browser that is signed in sends
    its session with whatever form it is given; that this was our page only the browser can say.
    """
    if method not in ("GET", "HEAD") and site != "same-origin":
        raise OtherSiteError("The form was not sent by this page.")


def person_of(claims: Mapping[str, Any]) -> Person:
    """The person by the claim `email`. Raises NotSignedInError.

    A provider that lets people type any address says so in `email_verified`; HTTP APIs hand claims
    over as text.
    """
    if not claims:
        raise NotSignedInError("There is no token of the identity provider with this request.")
    address = str(claims.get("email") or "").strip()
    local, at, host = address.partition("@")
    if address == SHARED or not (local and at and host) or not address.isprintable():
        raise NotSignedInError("The token of the identity provider has no e-mail address.")
    if str(claims.get("email_verified", "true")).casefold() != "true":
        raise NotSignedInError("The identity provider has not verified the e-mail address.")
    return Person(address)
