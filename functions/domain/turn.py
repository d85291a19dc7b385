"""Whose turn it is at an endpoint: one release at a time, the newest approval wins.

A turn is a value; each function returns the turn as it is afterwards and what has to be done about
it. The adapter writes it with a condition on `revision`, so that of two writers one starts again.
A release that deploys is never interrupted. One that waits for promotion gives way to a newer one.
One that is urgent, as it brings an older version back, keeps its place before an approval.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

Phase = Literal["deploying", "waiting"]


@dataclass(frozen=True)
class Release:
    """A release at, or in line for, an endpoint."""

    release_id: str
    model_package_arn: str
    execution_arn: str
    urgent: bool = False


@dataclass(frozen=True)
class Turn:
    """Who holds the endpoint, what they do with it, and who is in line (oldest first)."""

    endpoint: str
    holder: Release | None = None
    phase: Phase = "deploying"
    line: tuple[Release, ...] = ()
    revision: int = 0


@dataclass(frozen=True)
class Effects:
    """What follows from a change: a release that may go on, releases that have lost their place."""

    resume: str | None = None
    supersede: tuple[str, ...] = ()


def ask(turn: Turn, release: Release) -> tuple[Turn, Effects]:
    """`release` wants the endpoint. It gets it, or waits in line; those before it give way.

    Not one that is urgent: a person's way back is not lost to the approval that comes next.
    """
    if turn.holder is None or turn.holder.release_id == release.release_id:
        return replace(turn, holder=release, phase="deploying"), Effects(resume=release.release_id)
    if any(waiting.release_id == release.release_id for waiting in turn.line):
        return turn, Effects()
    stays = tuple(waiting for waiting in turn.line if waiting.urgent and not release.urgent)
    superseded = [waiting.release_id for waiting in turn.line if waiting not in stays]
    if turn.phase == "waiting":
        superseded.append(turn.holder.release_id)
    return replace(turn, line=(*stays, release)), Effects(supersede=tuple(superseded))


def enter(turn: Turn, release_id: str, phase: Phase) -> tuple[Turn, Effects]:
    """The holder begins to wait for promotion, or to deploy again.

    One that begins to wait while another is in line is superseded at once; one that was superseded
    while it waited may not deploy, though a person said yes in the same moment or during a freeze.
    """
    if turn.holder is None or turn.holder.release_id != release_id:
        return turn, Effects(supersede=(release_id,))
    if turn.line and "waiting" in {phase, turn.phase}:
        return replace(turn, phase="waiting"), Effects(supersede=(release_id,))
    return replace(turn, phase=phase), Effects()


def leave(turn: Turn, release_id: str) -> tuple[Turn, Effects]:
    """`release_id` is done with the endpoint, or out of line; the next one goes on."""
    line = tuple(waiting for waiting in turn.line if waiting.release_id != release_id)
    if turn.holder is None or turn.holder.release_id != release_id:
        return replace(turn, line=line), Effects()
    if not line:
        return replace(turn, holder=None, phase="deploying", line=()), Effects()
    return (
        replace(turn, holder=line[0], phase="deploying", line=line[1:]),
        Effects(resume=line[0].release_id),
    )


def to_item(turn: Turn) -> dict[str, Any]:
    """The turn as plain values for the ledger."""

    def plain(release: Release) -> dict[str, Any]:
        return {
            "release_id": release.release_id,
            "model_package_arn": release.model_package_arn,
            "execution_arn": release.execution_arn,
            "urgent": release.urgent,
        }

    return {
        "endpoint": turn.endpoint,
        "holder": plain(turn.holder) if turn.holder else None,
        "phase": turn.phase,
        "line": [plain(waiting) for waiting in turn.line],
        "revision": turn.revision,
    }


def from_item(item: Mapping[str, Any]) -> Turn:
    """The reverse of `to_item`."""

    def release(raw: Mapping[str, Any]) -> Release:
        # Turns that were stored before it was known have no `urgent`.
        urgent = bool(raw.get("urgent", False))
        return Release(raw["release_id"], raw["model_package_arn"], raw["execution_arn"], urgent)

    return Turn(
        endpoint=item["endpoint"],
        holder=release(item["holder"]) if item["holder"] else None,
        phase=item["phase"],
        line=tuple(release(raw) for raw in item["line"]),
        revision=int(item["revision"]),
    )
