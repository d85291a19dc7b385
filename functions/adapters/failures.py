"""Telling of pipelines that ended without a version: the first at once, a flood as one number."""

from collections.abc import Callable
from datetime import datetime

from adapters import joblogs, pipelines
from adapters.asking import Settings
from adapters.ledger import Ledger
from adapters.notices import Notice
from adapters.notices import tell as send
from domain import flood
from domain import ledger as keys
from domain.evidence import Evidence
from domain.flood import Window

KINDS = ("pipeline_failed", "gate_not_met", "challenger_not_better", "pipeline_stopped")


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


def tell(run: pipelines.Run, pipeline: str, settings: Settings, now: datetime) -> bool:
    """Count a failure; write to people if it is the first within the hour."""
    kind = outcome(run)[0]
    _settle(pipeline, kind, settings, now)
    window = _change(pipeline, kind, settings, lambda w: flood.add(w, run.arn, now))
    if not flood.is_first(window, run.arn):
        return False
    send(_notice(run, 1, settings), settings)
    _change(pipeline, kind, settings, lambda w: flood.told(w, 1))
    return True


def settle(pipeline: str, settings: Settings, now: datetime) -> list[str]:
    """Write how many failures there were in each hour that is over and has not said so."""
    return [kind for kind in KINDS if _settle(pipeline, kind, settings, now)]


def _settle(pipeline: str, kind: str, settings: Settings, now: datetime) -> bool:
    stored = Ledger(settings.ledger_table).get(keys.failures_key(pipeline, kind))
    window = flood.from_item(stored)
    count = flood.owes(window, now)
    if count:
        send(_notice(pipelines.run(window.executions[-1]), count, settings), settings)
        _change(pipeline, kind, settings, lambda w: flood.told(w, count))
    return bool(count)


def _change(
    pipeline: str, kind: str, settings: Settings, transition: Callable[[Window], Window]
) -> Window:
    """Apply a transition to the window in the ledger, and return what was written."""
    written: list[Window] = []

    def change(item: dict[str, object] | None) -> dict[str, object]:
        written.append(transition(flood.from_item(item)))
        return flood.to_item(written[-1])

    Ledger(settings.ledger_table).transform(keys.failures_key(pipeline, kind), change)
    return written[-1]


def _notice(run: pipelines.Run, count: int, settings: Settings) -> Notice:
    kind, title, reason = outcome(run)
    step = str(run.failed["StepName"]) if run.failed else run.status
    log = joblogs.of_step(run.failed) if run.failed else joblogs.JobLog()
    return Notice(
        kind,
        title,
        reason,
        run.description,
        run.commit,
        run.arn,
        step,
        log,
        failures=count,
        evidence=_evidence(run, kind, settings),
    )


def _evidence(run: pipelines.Run, kind: str, settings: Settings) -> Evidence:
    if kind != "challenger_not_better":
        return Evidence()
    return pipelines.evidence(run, settings.artifact_bucket)
