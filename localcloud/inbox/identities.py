"""Who may send from the start: the reserved domain of examples (RFC 2606).

On AWS a person clicks the link in SES's verification mail once. Nothing is sent to a real mailbox
here, so the domain that can have none is verified when the cloud starts; any other sender has to be
made with CreateEmailIdentity, as on AWS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localcloud.context import Context

DOMAIN = "example.com"


def verify(context: Context) -> None:
    """Make `DOMAIN` a verified identity of the account."""
    from ministack.core.responses import request_scope
    from ministack.services import ses

    with request_scope(context.account, context.region):
        ses._identities[DOMAIN] = ses._make_identity(DOMAIN, "Domain")
