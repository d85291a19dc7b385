"""Telling of pipelines that ended without a version: at once, or as one message when the hour ends.

The hour's end is a one-time schedule that calls `reconcile`, which looks every quarter of an hour
anyway: a schedule that is lost makes the message late, and loses nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from adapters import asking, joblogs, pipelines, schedules
from adapters.ledger import Ledger
from adapters.notices import Notice
from adapters.notices import tell as send
from domain import flood
from domain import ledger as keys
from domain.evidence import Evidence
from domain.flood import Failure, Step, Window
from domain.naming import digest


@dataclass(frozen=True)
class Settings(asking.Settings):
    """What the template sets for functions that hear of failures."""

    dead_letters_arn: str = ""
    failure_notices: str = ""
    reconcile_function_arn: str = ""
    schedule_role_arn: str = ""


def outcome(run: pipelines.Run) -> tuple[str, str, str]:
    """Kind, title and reason of a run that registered nothing."""
    failed = run.failed
    if run.status == "Stopped" or failed is None:
        return "pipeline_stopped", f"The pipeline was {run.status.lower()}", run.status
    if pipelines.is_challenge(failed):
        title = "The model is worse than the live one; nothing was registered"
        return "challenger_not_better", title, pipelines.reason(failed)
    if pipelines.is_gate(failed):
        reason = pipelines.reason(failed)
        return "gate_not_met", "The model is not good enough; nothing was registered", reason
    title = f"The pipeline failed at {failed['StepName']}"
    return "pipeline_failed", title, pipelines.reason(failed)


def tell(
    run: pipelines.Run,
    pipeline: str,
    settings: Settings,
    now: datetime,
    *,
    awaited: bool,
    ended_at: str = "",
) -> bool:
    """Count a failure; write to people at once or have it written when the hour is over.

    `awaited` says that a person started the run, and waits to hear of it. `ended_at` tells one end
    of an execution from another: it may be retried.
    """
    settle(pipeline, settings, now)
    end = f"{run.arn} {ended_at}".strip()
    failure = _failure(run, end, now, awaited)
    window, at_once = _change(
        pipeline, settings, lambda w: flood.count(w, failure, settings.failure_notices, now)
    )
    if at_once:
        _write(at_once, pipeline, settings, now)
    elif window.holds(end):
        _call_back(pipeline, window.ends, settings)
    return bool(at_once)


def settle(pipeline: str, settings: asking.Settings, now: datetime) -> bool:
    """Write of the failures whose hour is over, if nobody has yet."""
    _, due = _change(pipeline, settings, lambda w: flood.settle(w, now))
    if due:
        _write(due, pipeline, settings, now)
    return bool(due)


def _failure(run: pipelines.Run, end: str, now: datetime, awaited: bool) -> Failure:
    kind, _, reason = outcome(run)
    words = " ".join(reason.split())
    said = f"{run.failed['StepName']}: {words}" if run.failed else words
    return Failure(end, kind, said[: flood.SAID], int(now.timestamp()), awaited)


def _write(
    failures: tuple[Failure, ...], pipeline: str, settings: asking.Settings, now: datetime
) -> None:
    # Told at once, a failure is in the hour's message as well: that is another one.
    occasion = digest(*(f"{f.execution} {f.told}" for f in failures))
    try:
        send(_notice(failures, pipeline, settings), occasion, f"pipeline:{pipeline}", settings, now)
    except Exception:
        _change(pipeline, settings, lambda w: (flood.not_told(w, failures), ()))
        raise
    _change(pipeline, settings, lambda w: (flood.told(w, failures), ()))


def _call_back(pipeline: str, at: datetime, settings: Settings) -> None:
    """Have `reconcile` look when the hour is over; the time goes along, for clocks differ."""
    target = schedules.Target(
        settings.reconcile_function_arn,
        settings.schedule_role_arn,
        settings.dead_letters_arn,
        {"at": f"{at:%Y-%m-%dT%H:%M:%SZ}"},
    )
    schedules.once(f"{pipeline}-failures", at, target, "Tells of an hour's failures")


def _change(pipeline: str, settings: asking.Settings, transition: Callable[[Window], Step]) -> Step:
    """Apply a transition to the window in the ledger; what was written, and what to tell."""
    written: list[Step] = []

    def change(item: dict[str, object] | None) -> dict[str, object]:
        written.append(transition(flood.from_item(item)))
        window = written[-1][0]
        return flood.to_item(window) if item or window != Window() else {}

    Ledger(settings.ledger_table).transform(keys.failures_key(pipeline), change)
    return written[-1]


def _notice(failures: tuple[Failure, ...], pipeline: str, settings: asking.Settings) -> Notice:
    """One failure in full; of several the last one, with the list of all."""
    run = pipelines.run(failures[-1].execution.partition(" ")[0])
    kind, title, reason = outcome(run)
    step = str(run.failed["StepName"]) if run.failed else run.status
    log = joblogs.of_step(run.failed) if run.failed else joblogs.JobLog()
    return Notice(
        kind,
        title,
        reason,
        run.description,
        run.commit,
        pipeline,
        step,
        log,
        hour=failures,
        evidence=_evidence(run, kind, settings),
    )


def _evidence(run: pipelines.Run, kind: str, settings: asking.Settings) -> Evidence:
    if kind != "challenger_not_better":
        return Evidence()
    return pipelines.evidence(run, settings.artifact_bucket)
