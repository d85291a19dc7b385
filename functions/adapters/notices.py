"""Notices: what people hear of without being asked. One message an outcome."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from adapters import objects
from adapters.asking import Settings
from adapters.delivery import Message, deliver
from adapters.joblogs import JobLog
from adapters.ledger import Ledger
from domain import gate
from domain import mails_of_runs as mails
from domain.evidence import Evidence
from domain.flood import Failure
from domain.mail import Mail
from domain.pages.view import Commit


@dataclass(frozen=True)
class Notice:
    """What happened. `title` and `reason` are sentences; `description` names the commit.

    `hour` are the failures that one message is for; the rest is of the last one then.
    """

    kind: str
    title: str
    reason: str
    description: str = ""
    commit_id: str = ""
    pipeline: str = ""
    step: str = ""
    log: JobLog = field(default_factory=JobLog)
    hour: tuple[Failure, ...] = ()
    evidence: Evidence = field(default_factory=Evidence)


def tell(notice: Notice, occasion: str, subject: str, settings: Settings, now: datetime) -> None:
    """Write to the stack's approvers, or to the topic; `occasion` makes the message unique."""
    mail, ledger = _compose(notice, settings), Ledger(settings.ledger_table)
    message = Message(f"{notice.kind}-{occasion}", settings.project_name, subject)
    deliver(message, settings.people, lambda _: mail, settings.mailer, ledger, now)


def words(cause: str) -> str:
    """The message in a state machine's `Cause`, which for a Lambda's error is a JSON document."""
    try:
        document: Any = json.loads(cause)
    except ValueError:
        return cause
    if isinstance(document, dict) and document.get("errorMessage"):
        return str(document["errorMessage"])
    if isinstance(document, dict) and document.get("Cause"):
        return words(str(document["Cause"]))
    return cause


def error_name(error: str, cause: str) -> str:
    """The error behind a failed nested execution, which Step Functions reports as TaskFailed."""
    try:
        document: Any = json.loads(cause)
    except ValueError:
        return error
    if isinstance(document, dict) and document.get("Error"):
        return error_name(str(document["Error"]), str(document.get("Cause", "")))
    return error


def commit_of(commit_id: str, settings: Settings, description: str = "") -> Commit | None:
    """Author and message of a commit, if its build stored them."""
    if not commit_id:
        return None
    uri = f"s3://{settings.artifact_bucket}/definitions/{commit_id}/commit.json"
    facts = objects.read_json(uri) or {}
    return Commit(
        id=commit_id,
        author=facts.get("author", ""),
        message=facts.get("message", description),
        repository=facts.get("repository", ""),
        branch=facts.get("branch", ""),
    )


def _compose(notice: Notice, settings: Settings) -> Mail:
    project = settings.project_name
    commit = commit_of(notice.commit_id, settings, notice.description)
    if len(notice.hour) > 1:
        return mails.failures_mail(
            notice.pipeline, project, notice.hour, commit, notice.log.lines, notice.log.url
        )
    if notice.kind == "gate_not_met":
        bounds = gate.figures(notice.reason)
        return mails.gate_not_met_mail(project, commit, notice.reason, bounds)
    if notice.kind == "challenger_not_better":
        return mails.challenger_not_better_mail(project, commit, notice.evidence, notice.reason)
    if notice.kind in {"build_refused", "build_failed"} and commit:
        return mails.build_refused_mail(project, commit, notice.reason)
    step = notice.step or notice.title
    return mails.pipeline_failed_mail(
        project,
        commit,
        step=step,
        reason=notice.reason,
        last_lines=notice.log.lines,
        log_url=notice.log.url,
    )
