"""Production runs what no release has recorded: the ledger is brought to that, and people told.

A release that is stopped while it deploys leaves SageMaker's update under way; that goes on.
The release page, the way back and a rejection would go by the version before it.
"""

from collections.abc import Sequence
from datetime import datetime

from close_release.closing import Settings

from adapters import asking, endpoints, running, turns
from adapters.ledger import Item, Ledger
from domain import ledger as keys
from domain import mails_of_runs
from domain.keeping import Good, from_items, remember
from domain.ledger import Fact
from domain.naming import version_of
from domain.people import SHARED
from domain.release import names


def adopt(
    items: Sequence[Item], role: str, settings: Settings, ledger: Ledger, now: datetime
) -> list[str]:
    """The config that production runs, if the ledger had another; nothing while a release is on."""
    endpoint = settings.production_endpoint_name
    live = endpoints.look(endpoint, role)
    if live is None or live.status != "InService" or turns.is_held(ledger, endpoint):
        return []
    # Read last: whoever gave the turn back has written it.
    stage = ledger.get(keys.stage_key(endpoint)) or {}
    if live.config == stage.get("config"):
        return []
    good = from_items(stage.get("good", []))
    runs = _known(live.config, good, items, endpoint, is_serverless=live.count is None)
    if runs is None:
        return []
    kept = remember(good, runs)
    running.note(ledger, settings.project_name, "production", endpoint, kept, now)
    _tell(runs, settings, ledger, now)
    return [live.config]


def _known(
    config: str, good: Sequence[Good], items: Sequence[Item], endpoint: str, *, is_serverless: bool
) -> Good | None:
    """Whose config it is: one that was good before, or one of a release. A person's is nobody's."""
    before = next((entry for entry in good if entry.config == config), None)
    if before:
        return before
    for item in items:
        if not item["pk"].startswith("RELEASE#"):
            continue
        release_id, arn = item["pk"].removeprefix("RELEASE#"), str(item["model_package_arn"])
        made = names(endpoint, version_of(arn), release_id)
        if made.config == config:
            return Good(config, made.model, arn, release_id, is_serverless, verified=False)
    return None


def _tell(runs: Good, settings: Settings, ledger: Ledger, now: datetime) -> None:
    number, arn = version_of(runs.model_package_arn), runs.model_package_arn
    proven = "which was verified before" if runs.verified else "which nobody has verified"
    reason = "its release ended before the update did, which SageMaker brought to its end"
    title = f"Production runs version {number}, {proven}: {reason}"
    detail = {"release_id": runs.release_id, "reason": reason}
    ledger.record(Fact(settings.project_name, arn, "adopted", title, now, runs.config, detail))
    for address in [SHARED] if settings.mailer.is_shared else settings.people:
        mail = mails_of_runs.release_failed_mail(
            settings.project_name, number, state=f"live, {proven}", reason=reason,
            production=f"Production serves version {number}.",
            url=asking.releases_link(address, settings, now),
        )  # fmt: skip
        settings.mailer.send(mail, [address])
