"""AWS clients: made once, when first used, with explicit timeouts and retries.

A function that ignores an event has made none. botocore's "standard" mode retries throttling and
transient faults with jitter; there are no loops of our own around it.

Calls about production's endpoint may be another account's: such a client is made for a role, whose
credentials are fetched at its first call and again before they end.
"""

from functools import cache
from typing import Any, Final

CONNECT_SECONDS = 3
READ_SECONDS = {"sagemaker-runtime": 70}
ATTEMPTS = 4
SESSION_NAME = "slipway"


@cache
def client(service: str, role: str = "") -> Any:
    """The client of an AWS service, by botocore's name of it.

    Its calls are made under `role` (an ARN), or under the function's own role when that is empty.
    """
    # It costs 0.2 s of a cold start; a function that ignores its event does not pay it. boto3's
    # clients are botocore's, and boto3 around them would cost 0.05 s more.
    from botocore.config import Config

    return _session(role).create_client(
        service,
        config=Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS.get(service, 20),
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            max_pool_connections=32,
        ),
    )


@cache
def _session(role: str) -> Any:
    from botocore.credentials import CredentialResolver
    from botocore.session import get_session

    session = get_session()
    if role:
        # The only source: a role that cannot be assumed must not end in calls as the function.
        resolver = CredentialResolver([_AssumedRole(role)])
        session.register_component("credential_provider", resolver)
    return session


class _AssumedRole:
    """botocore's protocol of a source of credentials; it asks STS when a call needs them."""

    METHOD: Final = "assume-role"
    CANONICAL_NAME: Final = None

    def __init__(self, role: str) -> None:
        self._role = role

    def load(self) -> Any:
        """Credentials that fetch themselves, and again before their hour ends."""
        from botocore.credentials import DeferredRefreshableCredentials

        return DeferredRefreshableCredentials(self._fetch, self.METHOD)

    def _fetch(self) -> dict[str, str]:
        answer = client("sts").assume_role(RoleArn=self._role, RoleSessionName=SESSION_NAME)
        found = answer["Credentials"]
        return {
            "access_key": found["AccessKeyId"],
            "secret_key": found["SecretAccessKey"],
            "token": found["SessionToken"],
            "expiry_time": found["Expiration"].isoformat(),
        }


def error_code(error: Exception) -> str:
    """The error code of a botocore ClientError, or the empty text."""
    response = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))
