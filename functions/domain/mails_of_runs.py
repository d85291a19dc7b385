"""What people are told when a run ends without a question: refused, failed, or not good enough.

Each says what happened, why, what mends it, and that nothing changed in production.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from domain.approval import Kind
from domain.evidence import Bound, Evidence
from domain.figures import label, moment, show
from domain.flood import HOUR, Failure
from domain.mail import Letter, Mail, write
from domain.mail_rows import commit_rows, evidence_rows, see_page
from domain.monitoring import Drift, sentence
from domain.pages.view import Commit
from domain.verdict import bound_text, judge

_LOG_LINES = 20
_FAILURES_SHOWN = 12
_NOTHING_CHANGED = "Nothing was registered, and nothing changed in staging or production."
_KINDS = {
    "pipeline_failed": "Failed at a step",
    "gate_not_met": "Gate not met",
    "challenger_not_better": "Challenger not better",
    "pipeline_stopped": "Stopped",
}


def release_failed_mail(
    project: str, version: int, *, state: str, reason: str, production: str, url: str = ""
) -> Mail:
    """Says where a release ended and why; `production` says what production serves now."""
    lead = [f"It ended in “{state}”: {reason}", production]
    letter = Letter(f"Version {version} was not released", lead, button=see_page(url))
    return write(f"[{project}] Version {version}: release failed", letter)


def returned_mail(project: str, version: int, reason: str, url: str = "") -> Mail:
    """Says that production serves a version that was there before, without a new question."""
    lead = [f"Production serves version {version} again. Its answers were verified.", reason]
    headline = f"Version {version} is back in production"
    letter = Letter(headline, [words for words in lead if words], button=see_page(url))
    return write(f"[{project}] {headline}", letter)


def build_refused_mail(project: str, commit: Commit, reason: str, mend: str = "") -> Mail:
    """Says why a commit is not built, and what mends it."""
    lead = [reason, f"To mend it: {mend}" if mend else ""]
    letter = Letter(
        f"Commit {commit.id[:8]} was not built", [w for w in lead if w], commit_rows(commit)
    )
    return write(f"[{project}] Build refused: {commit.id[:8]}", letter)


def pipeline_failed_mail(
    project: str,
    commit: Commit | None,
    *,
    step: str,
    reason: str,
    last_lines: Sequence[str] = (),
    log_url: str = "",
) -> Mail:
    """Says which step failed and why, with the end of its log."""
    letter = Letter(
        f"Step {step} failed",
        [reason],
        commit_rows(commit) if commit else (),
        quote=list(last_lines)[-_LOG_LINES:],
        button=("Open the log", log_url) if log_url else None,
        notes=[_NOTHING_CHANGED],
    )
    return write(f"[{project}] Pipeline failed: {step}", letter)


def failures_mail(
    pipeline: str,
    project: str,
    failures: Sequence[Failure],
    commit: Commit | None = None,
    last_lines: Sequence[str] = (),
    log_url: str = "",
) -> Mail:
    """One mail for several failures of a pipeline: how many of each kind, and each in a line.

    `commit`, `last_lines` and `log_url` are of the last one.
    """
    first, last = (datetime.fromtimestamp(f.at, UTC) for f in (failures[0], failures[-1]))
    span = "within the hour" if last - first <= HOUR else f"since {moment(first)}"
    headline = f"{pipeline} failed {len(failures)} times {span}"
    lead = [f"This one mail is for all of them. The last was at {moment(last)}."]
    if any(f.told for f in failures):
        lead.append("What was told at once is counted here too.")
    kinds = Counter(f.kind for f in failures)
    rows = [(_KINDS[kind], str(count), "") for kind, count in kinds.most_common()]
    lines = [f"{datetime.fromtimestamp(f.at, UTC):%H:%M} {f.said}" for f in failures]
    shown = lines[-_FAILURES_SHOWN:]
    letter = Letter(
        headline,
        lead,
        rows + (commit_rows(commit) if commit else []),
        "What failed" if shown == lines else f"The last {len(shown)}",
        shown,
        list(last_lines)[-_LOG_LINES:],
        ("Open the last one's log", log_url) if log_url else None,
        [_NOTHING_CHANGED],
    )
    return write(f"[{project}] {headline}", letter)


def gate_not_met_mail(
    project: str,
    commit: Commit | None,
    message: str,
    bounds: Sequence[tuple[Bound, float | None]] = (),
) -> Mail:
    """Says that a model was not good enough, with each figure beside its threshold."""
    rows = [(label(b.name), show(value), bound_text(b)) for b, value in bounds]
    rows += commit_rows(commit) if commit else []
    notes = ["The model was not registered. Staging and production are unchanged."]
    letter = Letter("The model is not good enough", [message], rows, notes=notes)
    return write(f"[{project}] Gate not met", letter)


def challenger_not_better_mail(
    project: str, commit: Commit | None, evidence: Evidence, message: str = ""
) -> Mail:
    """Says that a model passed the gate but does not beat the one in production.

    `message` is the pipeline's own; without it, the evidence speaks.
    """
    rows = evidence_rows(evidence) + (commit_rows(commit) if commit else [])
    notes = ["The model was not registered. Staging and production are unchanged."]
    line = message or f"{judge(evidence, Kind.REVIEW).line}."
    letter = Letter("The challenger does not beat the champion", [line], rows, notes=notes)
    return write(f"[{project}] Challenger not better", letter)


def drift_mail(project: str, drift: Drift, *, started: bool, is_new: bool) -> Mail:
    """Says which columns of the requests moved and by how much, and whether training started.

    `is_new` says that the table is another one than the last run saw.
    """
    lead = [
        f"{drift.rows} rows of requests ({drift.first} to {drift.last}) were compared with the data"
        f" that version {drift.version}, which is in production, was trained on."
    ]
    if started:
        lead.append("Training has started on the table as it is now.")
    else:
        lead.append("Training was not started: there is no table, or no build, to train on.")
    if started and not is_new:
        lead.append(
            "It is the table that the last run saw: upload rows like the requests of these days,"
            " and training starts on them by itself."
        )
    rows = [(column, f"{psi:.2f}", most) for column, psi, most in drift.moved]
    notes = [
        f"The figure is the population stability index; it warns from {drift.limit:g} on"
        " (checks.drift.warn in parameters.yaml).",
        "Production is unchanged. You hear of this again when the table, the code or the version"
        " in production is another one and requests still differ from its data.",
    ]
    return write(f"[{project}] {sentence(drift)}", Letter(sentence(drift), lead, rows, notes=notes))
