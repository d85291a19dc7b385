"""Going back: a release without a build, to a config that ran before and was proven.

It goes the way of every release (turn, check, guardrails, verification); only staging and the
promotion are left out, because that config passed both and a person asks for it now.
"""

import itertools
from dataclasses import dataclass
from datetime import datetime

from adapters import executions, registry, visiting
from adapters.http import Request
from adapters.ledger import Ledger
from adapters.visiting import REFUSED
from domain import keeping, links, naming
from domain import ledger as keys
from domain.keeping import Good
from domain.ledger import Fact
from domain.naming import version_of
from domain.pages import messages
from domain.people import NameRequiredError, normal_address


@dataclass(frozen=True)
class Settings:
    """What the template sets."""

    approvers: str
    ledger_table: str
    link_secret_arn: str
    production_endpoint_name: str
    project_name: str
    release_state_machine_arn: str
    jwt_issuer: str = ""


def go_back(request: Request, settings: Settings, now: datetime) -> tuple[int, str]:
    """HTTP status and page. Every attempt by a known person is a line of the timeline."""
    try:
        person = visiting.visitor(request, links.RELEASES, settings, now)
    except REFUSED as error:
        return visiting.refusal(error)
    form, ledger = request.form, Ledger(settings.ledger_table)
    stage = ledger.get(keys.stage_key(settings.production_endpoint_name)) or {}
    good = keeping.from_items(stage.get("good", []))
    reason = form.get("reason", "").strip()[:1000]
    try:
        who = person.named(form.get("name", "")).label
    except NameRequiredError as error:
        return 400, messages.render_note("Nothing was changed", str(error))
    allowed = {normal_address(a) for a in settings.approvers.split(",") if a.strip()}
    if not person.is_shared and who not in allowed:
        return _refuse(403, f"{who} is none of the approvers", who, stage, ledger, settings, now)
    target = keeping.last_good(good, _is_approved)
    if target is None or str(version_of(target.model_package_arn)) != form.get("version"):
        why = "production has changed meanwhile: look at the release page again"
        return _refuse(409, why, who, stage, ledger, settings, now)
    if not reason:
        return _refuse(400, "a reason is needed", who, stage, ledger, settings, now)
    begun = _begin(good[0], target, who, reason, ledger, settings, now)
    number = version_of(target.model_package_arn)
    words = f"Production goes back to version {number}, behind its guardrails."
    again = "" if begun else " It was asked for before, and is under way."
    return 200, messages.render_note("Going back", words + again)


def _is_approved(model_package_arn: str) -> bool:
    version = registry.version_if_there(model_package_arn)
    return version is not None and version.status == "Approved"


def _free_name(live: Good, target: Good, ledger: Ledger) -> str:
    """The same name while it is under way, so that a second click does nothing; the next after it.

    A way back that ended and left what it should replace, for want of machines say, may be gone
    again.
    """
    arn = target.model_package_arn
    tails = itertools.chain([[]], ([str(attempt)] for attempt in itertools.count(2)))
    names = (
        naming.rollback_execution(
            naming.group_of(arn), version_of(arn), live.release_id, live.config, *tail
        )
        for tail in tails
    )
    return next(name for name in names if not _is_over(ledger, name))


def _is_over(ledger: Ledger, release_id: str) -> bool:
    known = ledger.get(keys.release_key(release_id))
    return known is not None and known.get("outcome") != "running"


def _begin(
    live: Good,
    target: Good,
    who: str,
    reason: str,
    ledger: Ledger,
    settings: Settings,
    now: datetime,
) -> bool:
    arn = target.model_package_arn
    name = _free_name(live, target, ledger)
    begun = executions.start(
        settings.release_state_machine_arn,
        name,
        {
            "release_id": name,
            "model_package_arn": arn,
            "back_to": {"config": target.config, "model": target.model, "from": live.config},
            "asked_by": who,
        },
    )
    old, new = version_of(live.model_package_arn), version_of(arn)
    title = f"{who} asked to go back from version {old} to version {new}"
    for subject in dict.fromkeys((arn, live.model_package_arn)):
        ledger.record(
            Fact(settings.project_name, subject, "rollback_asked", title, now, name,
                 {"who": who, "reason": reason, "release_id": name})
        )  # fmt: skip
    return begun


def _refuse(
    status: int,
    why: str,
    who: str,
    stage: dict[str, object],
    ledger: Ledger,
    settings: Settings,
    now: datetime,
) -> tuple[int, str]:
    subject = str(stage.get("model_package_arn") or "")
    if subject:
        title = f"{who} asked to go back, and was refused"
        ledger.record(
            Fact(settings.project_name, subject, "rollback_refused", title, now,
                 f"{who}-{keys.iso(now)}", {"who": who, "reason": why})
        )  # fmt: skip
    return status, messages.render_note("Nothing was changed", f"Not done: {why}.")
