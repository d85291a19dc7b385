"""An approval as a plain item for the ledger: strings, whole numbers, lists and dicts only.

Times are ISO 8601 in UTC, so that an item is readable in the console. Numbers may come back as
`Decimal`; unset values are left out.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from domain.approval import Approval, Decision, Kind, State, Verdict

Item = dict[str, Any]

_TIMES = ("created_at", "expires_at", "remind_at", "ended_at", "reminded_at")
_TEXTS = (
    "id", "model_package_arn", "release_id", "committer", "why", "settings_uri", "settings_etag",
)  # fmt: skip
_FLAGS = {"four_eyes": 0, "shared": 0, "reason_for_yes": 0, "rejects_on_expiry": 1}
"""Flags, and what holds for an item that was stored before there was such a flag."""
_NUMBERS = ("version", "needed_yeses", "revision")


def to_item(approval: Approval) -> Item:
    """The stored form. `state` and `revision` are plain, for conditions and for an index."""
    item: Item = {"kind": approval.kind.value, "state": approval.state.value}
    item.update({name: getattr(approval, name) for name in (*_TEXTS, *_NUMBERS)})
    item.update({name: int(getattr(approval, name)) for name in _FLAGS})
    for name in _TIMES:
        moment: datetime | None = getattr(approval, name)
        if moment is not None:
            item[name] = _iso(moment)
    item["people"] = list(approval.people)
    item["decisions"] = [_decision_item(decision) for decision in approval.decisions]
    return item


def from_item(item: Mapping[str, Any]) -> Approval:
    """The approval that `to_item` stored; further keys (partition, TTL) are ignored."""
    plain: dict[str, Any] = {name: str(item.get(name, "")) for name in _TEXTS}
    plain.update({name: int(item[name]) for name in _NUMBERS})
    plain.update({name: bool(item.get(name, unset)) for name, unset in _FLAGS.items()})
    plain.update({name: _moment(item[name]) for name in _TIMES if item.get(name)})
    return Approval(
        kind=Kind(item["kind"]),
        state=State(item["state"]),
        people=tuple(item["people"]),
        decisions=tuple(_decision(stored) for stored in item["decisions"]),
        **plain,
    )


def _decision_item(decision: Decision) -> Item:
    return {
        "person": decision.person,
        "verdict": decision.verdict.value,
        "reason": decision.reason,
        "at": _iso(decision.at),
        "via": decision.via,
    }


def _decision(stored: Mapping[str, Any]) -> Decision:
    return Decision(
        person=str(stored["person"]),
        verdict=Verdict(stored["verdict"]),
        reason=str(stored.get("reason", "")),
        at=_moment(stored["at"]),
        via=str(stored.get("via", "link")),
    )


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def ended_in(record: Mapping[str, Any]) -> str | None:
    """The id of the approval that ended in a record of the table's stream, or None.

    The stream's filter lets little else through, but the template may be changed, so it is asked
    again here. Images are in DynamoDB's own JSON.
    """
    change = record.get("dynamodb") or {}
    key = str(((change.get("Keys") or {}).get("pk") or {}).get("S") or "")
    before, after = _state(change.get("OldImage")), _state(change.get("NewImage"))
    over = before == State.PENDING and after not in {"", State.PENDING}
    return key.removeprefix("APPROVAL#") if over and key.startswith("APPROVAL#") else None


def _state(image: Mapping[str, Any] | None) -> str:
    return str(((image or {}).get("state") or {}).get("S") or "")
