"""Who may say yes to what: the `approvals` section of `stages.yaml`.

    approvals:
      review:                              # may this version be released to staging?
        approvers: [ada@example.com]       # default: the stack's Approvers
        yeses: 1                           # how many people must say yes
        four_eyes: false                   # true: not the committer
        hours: 72                          # then it expires
        on_expiry: reject                  # or keep: nothing happens to the version
        remind_at: 0.5                     # share of the hours after which to remind; 0 = never
      promotion:                           # may it go from staging to production?
        hours: 24
        freeze:                            # promotion waits during these windows (UTC)
          - {from: "2026-12-20T00:00Z", until: "2027-01-04T00:00Z", why: year end}
          - {from: "Fri 16:00", until: "Mon 06:00", why: no releases over the weekend}

A review may take a year; what a release waits for has to fit in its time (`domain.patience`).
Unknown keys and values of another type are refused when the commit is built, with the words to mend
them. The windows themselves are in `domain.freeze`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.approval import Kind
from domain.errors import InvalidSettingsError
from domain.freeze import FreezeWindow, parse_window
from domain.patience import check_waits
from domain.people import SHARED, normal_address

_KEYS = {"approvers", "yeses", "four_eyes", "hours", "on_expiry", "remind_at", "freeze"}
_DEFAULT_HOURS = {Kind.REVIEW: 72.0, Kind.PROMOTION: 24.0}
_LONGEST_HOURS = 24 * 365.0


@dataclass(frozen=True)
class StagePolicy:
    """The rules for one question. `hours` until expiry; `remind_at` is a share of them (0 = never).

    `on_expiry` is "reject" (the version is rejected) or "keep" (only the question ends).
    """

    approvers: tuple[str, ...]
    yeses: int = 1
    four_eyes: bool = False
    hours: float = 72.0
    on_expiry: str = "reject"
    remind_at: float = 0.5
    freeze: tuple[FreezeWindow, ...] = field(default=())

    def frozen_until(self, now: datetime) -> tuple[datetime, str] | None:
        """When the freeze that holds at `now` ends and why it is there; None if none holds.

        Windows that begin before others end are one freeze: nothing is promoted between them.
        """
        found, until = None, now
        # Each window may hold the other ones up once in a week, dated ones once.
        for _ in range(2 * len(self.freeze)):
            ends = [(w.end_at(until), w.why) for w in self.freeze]
            holding = [(end, why) for end, why in ends if end is not None]
            if not holding:
                break
            found = max(holding)
            until = found[0]
        return found


@dataclass(frozen=True)
class Policy:
    """The rules for both questions."""

    review: StagePolicy
    promotion: StagePolicy

    def of(self, kind: Kind) -> StagePolicy:
        """The rules for one kind of approval."""
        return self.review if kind is Kind.REVIEW else self.promotion


def parse_policy(stages: Mapping[str, Any], default_approvers: Sequence[str]) -> Policy:
    """The policy in `stages.yaml` (as a dict); what it leaves out has the defaults above.

    Raises InvalidSettingsError, naming the setting and the mend.
    """
    section = _mapping(stages.get("approvals") or {}, "approvals")
    unknown = set(section) - {kind.value for kind in Kind}
    if unknown:
        raise _wrong("approvals", f"knows review and promotion, not {_names(unknown)}")
    parsed = {kind: _stage(kind, section.get(kind.value) or {}, default_approvers) for kind in Kind}
    promotion = parsed[Kind.PROMOTION]
    check_waits(promotion.hours, promotion.freeze, _keep_minutes(stages))
    return Policy(parsed[Kind.REVIEW], promotion)


def _keep_minutes(stages: Mapping[str, Any]) -> float:
    """How long staging is kept; a wrong value is refused where stages are parsed."""
    staging = stages.get("staging")
    kept = staging.get("keep_minutes") if isinstance(staging, Mapping) else 0
    return kept if isinstance(kept, int | float) else 0


def _stage(kind: Kind, given: Any, default_approvers: Sequence[str]) -> StagePolicy:
    path = f"approvals.{kind.value}"
    given = _mapping(given, path)
    unknown = set(given) - _KEYS
    if unknown:
        raise _wrong(path, f"has no setting {_names(unknown)}; it knows {_names(_KEYS)}")
    people = _approvers(given.get("approvers", list(default_approvers)), f"{path}.approvers")
    hours = _number(given, "hours", _DEFAULT_HOURS[kind], path, low=0.01, high=_LONGEST_HOURS)
    yeses = _number(given, "yeses", 1, path, low=1, high=max(1, len(people)))
    if yeses != int(yeses):
        raise _wrong(f"{path}.yeses", f"must be a whole number, not {yeses}")
    windows = given.get("freeze") or []
    if not isinstance(windows, list):
        raise _wrong(f"{path}.freeze", "must be a list of windows, each with from and until")
    return StagePolicy(
        approvers=people,
        yeses=int(yeses),
        four_eyes=_flag(given, "four_eyes", path),
        hours=hours,
        on_expiry=_choice(given, "on_expiry", ("reject", "keep"), path),
        remind_at=_number(given, "remind_at", 0.5, path, low=0, high=0.99),
        freeze=tuple(parse_window(w, f"{path}.freeze[{i}]") for i, w in enumerate(windows)),
    )


def _approvers(given: Any, path: str) -> tuple[str, ...]:
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise _wrong(path, "must be a list of mail addresses")
    people = tuple(dict.fromkeys(normal_address(one) for one in given if one.strip()))
    for address in people:
        local, at, host = address.partition("@")
        if address == SHARED or not (local and at and host) or not address.isprintable():
            raise _wrong(path, f"has {address!r}, which is no mail address")
    return people


def _number(
    given: Mapping[str, Any], key: str, default: float, path: str, *, low: float, high: float
) -> float:
    value = given.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise _wrong(f"{path}.{key}", f"must be a number from {low:g} to {high:g}, not {value!r}")
    return float(value)


def _flag(given: Mapping[str, Any], key: str, path: str) -> bool:
    value = given.get(key, False)
    if not isinstance(value, bool):
        raise _wrong(f"{path}.{key}", f"must be true or false, not {value!r}")
    return value


def _choice(given: Mapping[str, Any], key: str, choices: tuple[str, ...], path: str) -> str:
    value = given.get(key, choices[0])
    if value not in choices:
        raise _wrong(f"{path}.{key}", f"must be {' or '.join(choices)}, not {value!r}")
    return str(value)


def _mapping(given: Any, path: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise _wrong(path, "must be a section of settings")
    return given


def _names(keys: set[Any]) -> str:
    return ", ".join(sorted(str(key) for key in keys))


def _wrong(path: str, what: str) -> InvalidSettingsError:
    return InvalidSettingsError(f"stages.yaml: {path} {what}")
