"""The alarm on drift: training starts on the data as it is now, and people are told why."""

from datetime import datetime

from adapters import building, training
from adapters.delivery import Message, deliver
from adapters.ledger import Ledger
from adapters.mailer import Mailer
from domain import ledger as keys
from domain import mails_of_runs as mails
from domain import monitoring
from domain.errors import NoDataError
from domain.ledger import Fact
from domain.naming import digest, version_of
from start_pipeline.starting import Settings, again

CAUSE = "drift"


def answer(settings: Settings, now: datetime) -> str | None:
    """The execution that was started; None when this drift has been answered, or is of the past.

    A drift lasts until something changes, and the monitor finds it each time. It is answered once
    for each version in production, commit and table.
    """
    ledger = Ledger(settings.ledger_table)
    stage = ledger.get(keys.stage_key(settings.production_endpoint_name)) or {}
    stored = ledger.get(monitoring.drift_key(settings.production_endpoint_name))
    live = str(stage.get("model_package_arn") or "")
    drift = monitoring.from_item(stored) if stored else None
    if drift is None or not drift.drifted or not live or version_of(live) != drift.version:
        return None
    branch = building.branch(ledger, settings.repository, settings.branch)
    data = _data(settings)
    title = monitoring.sentence(drift)
    fact = Fact(settings.project_name, live, CAUSE, title, now, f"{branch.commit} {data}",
                {"report_uri": drift.report_uri, "drifted": list(drift.drifted)})  # fmt: skip
    if ledger.knows(fact):
        return None
    started = again(CAUSE, f"version {drift.version}", settings, now)
    mail = mails.drift_mail(
        settings.project_name, drift, started=bool(started), is_new=data != branch.data
    )
    people = [address.strip() for address in settings.approvers.split(",") if address.strip()]
    message = Message(f"{CAUSE}-{digest(fact.subject, fact.cause)}", settings.project_name, live)
    mailer = Mailer(settings.sender_email, settings.topic_arn)
    deliver(message, people, lambda _: mail, mailer, ledger, now)
    ledger.record(fact)
    return started


def _data(settings: Settings) -> str:
    try:
        return training.fresh(settings.artifact_bucket, settings.data_prefix)["DataDigest"]
    except NoDataError:
        return ""
