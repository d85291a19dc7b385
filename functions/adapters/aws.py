"""AWS clients: made once, when first used, with explicit timeouts and retries.

A function that ignores an event has made none. botocore's "standard" mode retries throttling and
transient faults with jitter; there are no loops of our own around it.

Calls about production's endpoint may be another account's: such a client is made for a role, whose
credentials are fetched at its first call and again before they end.
"""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
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
    with _everything_stays():
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


@contextmanager
def _everything_stays() -> Iterator[None]:
    """No garbage is looked for while models are read, since there is none: a fifth of a cold start.

    Measured by bench/cold_start.py, as is what `_session` saves.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()


@cache
def _session(role: str) -> Any:
    """botocore's session for a role; it takes a service's folder for the service.

    botocore looks into 400 folders, twice, to say which services there are before it reads one.
    """
    from botocore.credentials import CredentialResolver
    from botocore.loaders import Loader
    from botocore.session import get_session

    class Folders(Loader):  # type: ignore[misc]
        def list_available_services(self, type_name: str) -> list[str]:
            places = (path for path in self.search_paths if os.path.isdir(path))
            return [service for path in places for service in os.listdir(path)]

    session = get_session()
    session.register_component("data_loader", Folders())
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
