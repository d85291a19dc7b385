"""AWS clients: made once, when first used, with explicit timeouts and retries.

A function that ignores an event has made none. botocore's "standard" mode retries throttling and
transient faults with jitter; there are no loops of our own around it.
"""

from functools import cache
from typing import Any

CONNECT_SECONDS = 3
READ_SECONDS = {"sagemaker-runtime": 70}
ATTEMPTS = 4


@cache
def client(service: str) -> Any:
    """The client of an AWS service, by botocore's name of it."""
    # It costs 0.2 s of a cold start; a function that ignores its event does not pay it. boto3's
    # clients are botocore's, and boto3 around them would cost 0.05 s more.
    from botocore.config import Config

    return _session().create_client(
        service,
        config=Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS.get(service, 20),
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            max_pool_connections=32,
        ),
    )


@cache
def _session() -> Any:
    from botocore.session import get_session

    return get_session()


def error_code(error: Exception) -> str:
    """The error code of a botocore ClientError, or the empty text."""
    response = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))
