"""Training again without a commit: on arrived data, on a schedule, after a drift."""

from dataclasses import dataclass
from datetime import datetime

from adapters import building, champion, training
from adapters.ledger import Ledger
from domain import building as rules
from domain.errors import NoDataError
from domain.ledger import Fact


@dataclass(frozen=True)
class Settings:
    """What the template sets."""

    artifact_bucket: str
    branch: str
    data_prefix: str
    ledger_table: str
    model_package_group_name: str
    pipeline_name: str
    production_endpoint_name: str
    project_name: str
    repository: str


def again(cause: str, cause_id: str, settings: Settings, now: datetime) -> str | None:
    """The execution that was started; None when nothing was built yet or nothing is new.

    Told twice, it starts nothing twice: the token is made of commit, data and cause.
    """
    ledger = Ledger(settings.ledger_table)
    branch = building.branch(ledger, settings.repository, settings.branch)
    try:
        fresh = training.fresh(settings.artifact_bucket, settings.data_prefix)
    except NoDataError:
        return None  # It was deleted again; nobody asked for this run.
    fresh |= champion.parameters(
        settings.artifact_bucket,
        settings.model_package_group_name,
        settings.production_endpoint_name,
        ledger,
    )
    run = rules.rerun(branch, fresh, cause, cause_id)
    if run is None:
        return None
    arn = training.start(settings.pipeline_name, run)
    building.change(
        ledger, settings.repository, settings.branch, lambda known: rules.reran(known, run)
    )
    title = f"Training started by {cause}: {branch.description}"
    detail = {"pipeline_execution_arn": arn, "cause": cause}
    subject = f"commit:{run.commit}"
    ledger.record(Fact(settings.project_name, subject, "rerun", title, now, arn, detail))
    return arn
