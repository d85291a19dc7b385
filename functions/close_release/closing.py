"""Closing a release, whatever its outcome: once, and never half."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from start_release import following

from adapters import approvals, asking, notices, projects, registry, turns, views
from adapters.delivery import Message, deliver
from adapters.ledger import Ledger
from domain import ledger as keys
from domain import mails, mails_of_runs
from domain.approval import State
from domain.ledger import Fact
from domain.mail import Mail
from domain.people import Person
from domain.release import Version

OUTCOMES = {
    "released": "in production",
    "rejected": "rejected at promotion",
    "expired": "not promoted in time",
    "superseded": "superseded by a newer release",
    "refused": "refused",
    "withdrawn": "rejected while it was being deployed",
    "staging_failed": "failed in staging",
    "production_failed": "failed in production",
    "failed": "failed",
}
QUIET = {"rejected", "superseded"}
# Where a version is after its release, in the registry's words.
LIFE = {
    "released": ("Production", "Live"),
    "rejected": ("Staging", "Rejected"),
    "expired": ("Staging", "Expired"),
    "superseded": ("Staging", "Superseded"),
    "refused": ("Staging", "Refused"),
    "withdrawn": ("Production", "Withdrawn"),
    "staging_failed": ("Staging", "Failed"),
    "production_failed": ("Production", "Failed"),
    "failed": ("Staging", "Failed"),
}


@dataclass(frozen=True)
class Settings(asking.Settings):
    """What the template sets."""

    release_state_machine_arn: str = ""


def close(event: Mapping[str, Any], settings: Settings, now: datetime) -> dict[str, Any]:
    """Record the outcome, void an open promotion, give the turn back, tell people.

    Returns how many seconds staging is to stand (0 for every outcome but a release), and error and
    reason in words.
    """
    ledger, release_id = Ledger(settings.ledger_table), event["release_id"]
    stored = ledger.get(keys.release_key(release_id)) or {}
    arn = event.get("model_package_arn") or stored.get("model_package_arn", "")
    outcome, reason = event["outcome"], notices.words(event["cause"])
    error = notices.error_name(event["error"], event["cause"])
    before = stored.get("outcome", "running")
    why = f"the release ended, {OUTCOMES[outcome]}" + (f": {reason}" if reason else "")
    asked = approvals.void(ledger, approvals.promotion_id(release_id), why, now)
    turns.leave(ledger, settings.production_endpoint_name, release_id, now)
    words = {"error": error, "reason": reason}
    if not arn:
        return {"closed": False, "keep_seconds": 0, **words}
    version = registry.version_if_there(arn)
    if version is None:
        # Deleted from the registry: nothing is left to be marked or told of.
        ended = {"outcome": outcome, **words, "ended": keys.iso(now), "told": True}
        ledger.update(keys.release_key(release_id), ended)
        return {"closed": before == "running", "keep_seconds": 0, **words}
    keep = _keep_seconds(version, outcome, settings)
    # Written first, told second: what failed to be told is told by a retry, and nothing else is.
    if before != "running" and (before != outcome or stored.get("told")):
        return {"closed": False, "keep_seconds": keep, **words}
    ended = {"outcome": outcome, **words, "ended": keys.iso(now), "at": keys.iso(now)}
    ledger.update(keys.release_key(release_id), ended)
    title = f"Version {version.number} {OUTCOMES[outcome]}"
    detail = {**words, "release_id": release_id}
    ledger.record(Fact(settings.project_name, arn, outcome, title, now, release_id, detail))
    _mark(version, outcome, reason, str(stored.get("live_before") or ""))
    # However its release ended: what is rejected must not stay in production.
    if version.status == "Rejected":
        _roll_forward(version, ledger, settings, now)
    # Whoever was asked in vain hears the reason with the end of the question, and only once.
    if asked is None or asked.state is not State.VOID:
        _tell(version, release_id, outcome, reason, ledger, settings, now)
    ledger.update(keys.release_key(release_id), {"told": True})
    return {"closed": True, "keep_seconds": keep, **words}


def _mark(version: Version, outcome: str, reason: str, live_before: str) -> None:
    stage, status = LIFE[outcome]
    registry.mark(version.arn, stage, status, reason)
    if outcome == "released" and live_before not in ("", version.arn):
        words = f"Version {version.number} took its place"
        registry.mark(live_before, "Production", "Replaced", words)


def _roll_forward(version: Version, ledger: Ledger, settings: Settings, now: datetime) -> None:
    """Its rejection found it not live yet, so nobody has replaced it."""
    following.replace_live(
        ledger,
        version,
        following.Settings(
            ledger_table=settings.ledger_table,
            production_endpoint_name=settings.production_endpoint_name,
            project_name=settings.project_name,
            release_state_machine_arn=settings.release_state_machine_arn,
        ),
        now,
    )


def _tell(
    version: Version,
    release_id: str,
    outcome: str,
    reason: str,
    ledger: Ledger,
    settings: Settings,
    now: datetime,
) -> None:
    if outcome in QUIET:
        return
    approval = approvals.load(ledger, approvals.promotion_id(release_id))
    live = views.live_version(ledger, settings.production_endpoint_name)

    def mail(address: str) -> Mail:
        url = asking.releases_link(address, settings, now)
        if outcome != "released":
            return _failed_mail(version, outcome, reason, live, settings, url)
        if approval is None:
            return mails_of_runs.returned_mail(settings.project_name, version.number, reason, url)
        view = views.approval_view(approval, Person(address), ledger, settings.places, now)
        return mails.released_mail(view, url)

    message = Message(f"{release_id}-{outcome}", settings.project_name, version.arn)
    deliver(message, settings.people, mail, settings.mailer, ledger, now)


def _failed_mail(
    version: Version, outcome: str, reason: str, live: int | None, settings: Settings, url: str
) -> Mail:
    serves = f"version {live}" if live else "nothing yet"
    return mails_of_runs.release_failed_mail(
        settings.project_name,
        version.number,
        state=OUTCOMES[outcome],
        reason=reason,
        production=f"Production serves {serves}.",
        url=url,
    )


def _keep_seconds(version: Version, outcome: str, settings: Settings) -> int:
    if outcome != "released":
        return 0
    stages = projects.stages(projects.settings_uri(settings.artifact_bucket, version))
    return 60 * (stages.staging.keep_minutes or 0)
