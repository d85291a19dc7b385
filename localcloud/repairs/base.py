"""How a repair takes the place of a part of ministack, and how it notices that this part changed.

A repair is written against the source of one release. If ministack is updated and the part it
replaces is not the same any more, starting must fail with the name of that part: a repair that is
silently laid over new code would bring an old fault back or hide a new one.
"""

import hashlib
import inspect
import re
from collections.abc import Callable
from typing import Any


class BaseChangedError(RuntimeError):
    """Raised when a part of ministack is not the one that its repair was written for."""


def source_digest(part: Any) -> str:
    """Return the first 16 hex digits of the SHA-256 of a function's, class's or string's source.

    Runs of white space count as one blank, so that only a change of code is a change.
    """
    text = part if isinstance(part, str) else inspect.getsource(part)
    return hashlib.sha256(re.sub(r"\s+", " ", text).encode()).hexdigest()[:16]


def expect(owner: Any, name: str, digest: str) -> Any:
    """Return `owner.name` after checking that its source still has `digest`.

    Raises BaseChangedError with the name of the part and both digests.
    """
    part = getattr(owner, name, None)
    found = "missing" if part is None else source_digest(part)
    if found != digest:
        where = f"{getattr(owner, '__module__', '')}.{owner.__name__}".lstrip(".")
        raise BaseChangedError(
            f"ministack changed: {where}.{name} is {found}, a repair was written for {digest}. "
            "Read the new source, then adapt the repair in localcloud/repairs or drop it."
        )
    return part


def replace(owner: Any, name: str, digest: str, replacement: Callable[..., Any]) -> None:
    """Put `replacement` in the place of the function `owner.name` whose source has `digest`."""
    expect(owner, name, digest)
    setattr(owner, name, replacement)


def wrap(
    owner: Any, name: str, digest: str, wrapper: Callable[[Callable[..., Any]], Callable[..., Any]]
) -> None:
    """Put `wrapper(original)` in the place of `owner.name` whose source has `digest`."""
    setattr(owner, name, wrapper(expect(owner, name, digest)))
