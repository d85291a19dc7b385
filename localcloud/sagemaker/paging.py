"""Filters, order and pages of SageMaker's List operations."""

import base64
import binascii
from typing import Any

from localcloud.sagemaker.api import ApiError

Doc = dict[str, Any]

_COMPARISONS = (
    ("CreationTimeAfter", "CreationTime", 1),
    ("CreationTimeBefore", "CreationTime", -1),
    ("LastModifiedTimeAfter", "LastModifiedTime", 1),
    ("LastModifiedTimeBefore", "LastModifiedTime", -1),
)


def select(
    docs: list[Doc],
    request: Doc,
    name: str,
    *,
    status: str | None = None,
    order: str = "Descending",
) -> list[Doc]:
    """Apply the filters that all List operations share, and their order.

    ``name`` is the member that NameContains looks at (case does not matter) and that
    ``SortBy=Name`` sorts by; ``status`` the member that StatusEquals compares; ``order`` this
    operation's own default.
    """
    kept = [doc for doc in docs if _matches(doc, request, name, status)]
    by: str = request.get("SortBy", "CreationTime")
    key = {"Name": name, "Status": status or name}.get(by, by)
    # Sorted is stable: documents of one millisecond keep the order in which they were made.
    kept.sort(key=lambda doc: doc[key])
    if request.get("SortOrder", order) == "Descending":
        kept.reverse()
    return kept


def _matches(doc: Doc, request: Doc, name: str, status: str | None) -> bool:
    wanted = request.get("NameContains")
    if wanted and wanted.lower() not in str(doc[name]).lower():
        return False
    if status and request.get("StatusEquals") not in (None, doc[status]):
        return False
    for parameter, member, sign in _COMPARISONS:
        limit = request.get(parameter)
        if limit is not None and (doc[member] - limit) * sign <= 0:
            return False
    return True


def page(items: list[Any], request: Doc, member: str, size: int = 10) -> Doc:
    """Cut the page that ``MaxResults`` and ``NextToken`` ask for out of ``items``."""
    start = _position(request.get("NextToken"))
    end = start + int(request.get("MaxResults", size))
    answer: Doc = {member: items[start:end]}
    if end < len(items):
        answer["NextToken"] = base64.urlsafe_b64encode(f"at:{end}".encode()).decode()
    return answer


def _position(token: str | None) -> int:
    if token is None:
        return 0
    try:
        text = base64.urlsafe_b64decode(token.encode()).decode()
        return int(text.removeprefix("at:"))
    except (ValueError, binascii.Error) as error:
        raise ApiError("ValidationException", "Invalid NextToken.") from error
