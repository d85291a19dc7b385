"""Why a version is, or is not, in production: one sentence from what the ledger knows of it.

The last thing that counts decides: what waits for people, a release under way, how the last release
ended, who rejected it. What the ledger does not know (any more), the registry's state answers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.approval import Approval, Kind, State, Verdict
from domain.figures import moment

Item = Mapping[str, Any]
FROZEN = "frozen"
"""The kind of the fact that a release, already promoted, waits for a freeze to end."""

_ENDS = {
    *("released", "rejected", "expired", "superseded", "refused", "withdrawn"),
    *("staging_failed", "production_failed", "failed"),
}


@dataclass(frozen=True)
class Known:
    """What is known of one version: its facts in order of time, questions and releases.

    `live` is production's version, None when it serves nothing. `decided` are the questions in the
    order in which they were asked.
    """

    version: int
    status: str
    live: int | None
    facts: Sequence[Item] = ()
    decided: Sequence[Approval] = ()
    releases: Sequence[Item] = ()


def why(known: Known) -> str:
    """The answer, in one sentence (two, where a person's reason is quoted)."""
    if known.live == known.version:
        return _live(known)
    answer = {"PendingManualApproval": _undecided, "Rejected": _rejected}.get(
        known.status, _approved
    )(known)
    return f"Not in production: {answer}"


def _live(known: Known) -> str:
    released = _last(known, {"released"})
    since = f" since {_when(released)}" if released else ""
    yes = _last_asked(known, Kind.PROMOTION)
    people = _people(yes, Verdict.APPROVE) if yes and yes.state is State.APPROVED else ""
    by = f", promoted by {people}" if people else ""
    if known.status == "Rejected":
        return (
            f"In production{since}{by}, though it is rejected now: no other version is approved to "
            "take its place."
        )
    return f"In production{since}{by}: it was approved, passed staging and was promoted."


def _undecided(known: Known) -> str:
    review = _last_asked(known, Kind.REVIEW)
    if review is None:
        if any(fact["kind"] == "registered" for fact in known.facts):
            return "nobody was asked about it yet."
        return (
            "it was registered by hand, so nobody was asked. Approving it in Studio or by the API "
            "releases it."
        )
    if review.is_pending:
        return "it waits for review."
    if review.state is State.EXPIRED:
        return f"nobody reviewed it before {moment(review.expires_at)}."
    if review.state is State.VOID:
        return f"its review ended without an answer: {review.why}."
    return "it was set back to pending in the registry after it was decided."


def _rejected(known: Known) -> str:
    no = next((a for a in reversed(known.decided) if a.state is State.REJECTED), None)
    if no:
        said = no.decisions[-1]
        where = " in the model registry" if said.via == "registry" else f" at the {no.kind}"
        who = said.person or "somebody"
        return _quoted(f"{who} rejected it{where}, {moment(said.at)}", said.reason)
    silent = next((a for a in reversed(known.decided) if a.state is State.EXPIRED), None)
    end = _last(known, _ENDS)
    if silent and (end is None or end["kind"] in {"expired", "rejected"}):
        return f"nobody decided the {silent.kind} before {moment(silent.expires_at)}."
    if end:
        return f"{_ended(known, end)} It is rejected in the registry."
    return "it is rejected in the model registry."


def _approved(known: Known) -> str:
    if any(release.get("outcome") == "running" for release in known.releases):
        asked = _last_asked(known, Kind.PROMOTION)
        if asked and asked.is_pending:
            return f"it waits for promotion by {', '.join(asked.people) or 'those with the link'}."
        last = _last(known, {FROZEN, *_ENDS, "approved"})
        if last and last["kind"] == FROZEN:
            title = str(last["title"])
            return f"it is promoted, and {title[:1].lower()}{title[1:]}."
        return "its release is under way."
    end = _last(known, _ENDS)
    if end:
        return _ended(known, end)
    return "it is approved, and no release of it is known."


def _ended(known: Known, end: Item) -> str:
    if end["kind"] == "released":
        now = f"version {known.live} took its place" if known.live else "production serves nothing"
        return f"it was, since {_when(end)}; then {now}."
    title, reason = str(end["title"]), str((end.get("detail") or {}).get("reason") or "")
    words = f"{title[:1].lower()}{title[1:]}, {_when(end)}"
    return f"{words}: {reason.rstrip('.')}." if reason else f"{words}."


def _last(known: Known, kinds: set[str]) -> Item | None:
    return next((fact for fact in reversed(known.facts) if fact["kind"] in kinds), None)


def _last_asked(known: Known, kind: Kind) -> Approval | None:
    return next((a for a in reversed(known.decided) if a.kind is kind), None)


def _people(approval: Approval, verdict: Verdict) -> str:
    return ", ".join(d.person for d in approval.decisions if d.verdict is verdict and d.person)


def _quoted(words: str, reason: str) -> str:
    return f"{words}: “{reason}”" if reason else f"{words}."


def _when(fact: Item) -> str:
    return moment(datetime.fromisoformat(str(fact["at"])))
