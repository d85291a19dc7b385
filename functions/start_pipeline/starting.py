"""Training again without a commit: on arrived data, on a schedule, after a drift."""

from dataclasses import dataclass
from datetime import datetime

from adapters import building, champion, training
from adapters.ledger import Ledger
from adapters.providers import Providers
from domain import building as rules
from domain.errors import NoDataError, SourceUnavailableError
from domain.events import Commit


@dataclass(frozen=True)
class Settings:
    """What the template sets."""

    approvers: str
    artifact_bucket: str
    branch: str
    build_state_machine_arn: str
    data_prefix: str
    github_api_url: str
    github_secret_arn: str
    ledger_table: str
    model_package_group_name: str
    pipeline_name: str
    production_endpoint_name: str
    project_name: str
    provider: str
    repository: str
    sender_email: str
    topic_arn: str


def again(cause: str, cause_id: str, settings: Settings, now: datetime) -> str | None:
    """The execution that was started; None when nothing is new, or nothing was built yet.

    Before the first build, data starts the build of the branch's head, as a push would.

    Told twice, it starts nothing twice: the token is made of commit, data and cause.
    """
    ledger = Ledger(settings.ledger_table)
    branch = building.branch(ledger, settings.repository, settings.branch)
    try:
        fresh = training.fresh(settings.artifact_bucket, settings.data_prefix)
    except NoDataError:
        return None  # It was deleted again; nobody asked for this run.
    if not branch.commit:
        _build_head(ledger, settings, now)
        return None
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
    ledger.record(rules.unattended(settings.project_name, run.commit, arn, now, title, cause))
    return arn


def _build_head(ledger: Ledger, settings: Settings, now: datetime) -> None:
    """The first data came after the first commit, whose build was refused for want of any."""
    providers = Providers(settings.github_api_url, settings.github_secret_arn)
    try:
        head = providers.head(settings.provider, settings.repository, settings.branch)
    except SourceUnavailableError:
        return  # Not set up yet: the first push tells what is missing.
    if head:
        at = f"{now:%Y-%m-%dT%H:%M:%SZ}"
        commit = Commit(settings.provider, settings.repository, settings.branch, head, at)
        building.start(commit, settings.build_state_machine_arn, ledger)
