"""What every operation of the SageMaker understudy is given."""

import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from localcloud.sagemaker.events import Events
from localcloud.sagemaker.store import Store

if TYPE_CHECKING:
    from localcloud.context import Context

_LOWERED = ("endpoint", "endpoint-config", "model", "model-package", "model-package-group")
_ALPHABET = string.ascii_lowercase + string.digits


def utc_now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Service:
    """The state of the understudy: where it lives, what it remembers, whom it tells.

    ``clock`` is passed in so that tests decide what time it is. Documents in ``store`` carry times
    as epoch seconds (floats), which is also SageMaker's form on the wire.
    """

    context: "Context"
    store: Store
    events: Events
    clock: Callable[[], datetime] = field(default=utc_now)

    def now(self) -> float:
        """The present moment in epoch seconds, to the millisecond, as documents store it."""
        return round(self.clock().timestamp(), 3)

    def arn(self, kind: str, name: str) -> str:
        """The ARN of ``name`` (``kind`` as in ARNs: "endpoint", "model-package", "pipeline", …).

        SageMaker writes names in lower case there.
        """
        context = self.context
        written = name.lower() if kind in _LOWERED else name
        return f"arn:aws:sagemaker:{context.region}:{context.account}:{kind}/{written}"

    def unique(self, length: int = 12) -> str:
        """A fresh identifier like those SageMaker puts into the names that it makes."""
        return "".join(secrets.choice(_ALPHABET) for _ in range(length))
