"""Asking people: an approval is opened once, and each of them gets a link of their own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache

from adapters import approvals, channel, objects, projects, secrets, views
from adapters.delivery import Message, deliver
from adapters.ledger import Ledger
from adapters.mailer import Mailer
from domain import deciding, links, mails
from domain.approval import Approval, Kind
from domain.deciding import Subject, open_approval
from domain.ledger import Fact
from domain.mail import Mail
from domain.pages.view import ApprovalView
from domain.people import SHARED, Person
from domain.policy import parse_policy
from domain.release import Version
from domain.verdict import judge

Composer = Callable[[ApprovalView, str], Mail]


@dataclass(frozen=True)
class Settings:
    """What the template sets for functions that write to people."""

    approvers: str
    artifact_bucket: str
    ledger_table: str
    link_secret_arn: str
    production_endpoint_name: str
    project_name: str
    public_url: str
    sender_email: str
    staging_endpoint_name: str
    topic_arn: str
    slack_api_url: str = ""
    slack_secret_arn: str = ""

    @property
    def mailer(self) -> Mailer:
        """How this stack writes to people."""
        return Mailer(self.sender_email, self.topic_arn)

    @property
    def people(self) -> list[str]:
        """The stack's approvers."""
        return [address.strip() for address in self.approvers.split(",") if address.strip()]

    @property
    def places(self) -> views.Places:
        """Where things are in this stack."""
        return views.Places(
            self.artifact_bucket,
            self.project_name,
            self.staging_endpoint_name,
            self.production_endpoint_name,
            self.approvers,
        )


def review(version: Version, settings_uri: str, settings: Settings, now: datetime) -> bool:
    """Ask whether a version may be released; False when that was asked before."""
    return _ask(
        Kind.REVIEW, approvals.review_id(version.arn), version, "", settings_uri, settings, now
    )


def promotion(
    version: Version, release_id: str, settings_uri: str, settings: Settings, now: datetime
) -> bool:
    """Ask whether a release may go to production; False when that was asked before."""
    approval_id = approvals.promotion_id(release_id)
    return _ask(Kind.PROMOTION, approval_id, version, release_id, settings_uri, settings, now)


def _ask(
    kind: Kind,
    approval_id: str,
    version: Version,
    release_id: str,
    settings_uri: str,
    settings: Settings,
    now: datetime,
) -> bool:
    ledger = Ledger(settings.ledger_table)
    rules = parse_policy(projects.raw_stages(settings_uri), settings.people).of(kind)
    made_by = projects.commit(settings.artifact_bucket, version)
    authors = dict.fromkeys(made_by.get(key, "") for key in ("email", "committer"))
    committer = " ".join(author for author in authors if author)
    subject = Subject(version.arn, version.number, release_id, committer)
    evidence = views.evidence(version, settings.artifact_bucket, release_id)
    approval = open_approval(
        rules,
        kind,
        subject,
        approval_id,
        now,
        shared=settings.mailer.is_shared,
        reason_for_yes=judge(evidence, kind).against,
    )
    etag = objects.etag(settings_uri) or ""
    approval = replace(approval, settings_uri=settings_uri, settings_etag=etag)
    approvals.create(ledger, approval, settings.project_name)
    stored = approvals.load(ledger, approval_id) or approval
    if not stored.is_pending or not approvals.claim_announcement(ledger, approval_id):
        return False
    announce(stored, settings, now)
    people = ", ".join(stored.people) or "everybody on the topic"
    title = f"Asked for {kind.value}: {people}"
    ledger.record(
        Fact(settings.project_name, version.arn, f"{kind.value}_asked", title, now, approval_id,
             {"approval": approval_id})
    )  # fmt: skip
    return True


def announce(approval: Approval, settings: Settings, now: datetime) -> None:
    """Write to everybody who may decide; on failure the announcement can be claimed again."""
    ledger = Ledger(settings.ledger_table)
    view = _seen(approval, settings, now)
    try:
        _write("asked", approval, approval.people, mails.approval_mail, view, settings, now)
    except Exception:
        approvals.release_announcement(ledger, approval.id)
        raise
    channel.ask(view(), link(approval, SHARED, settings), ledger, settings, now)


def remind(approval: Approval, settings: Settings, now: datetime) -> None:
    """Write once more to those who have not spoken and may say yes."""
    people, view = deciding.people_to_ask(approval), _seen(approval, settings, now)
    _write("reminded", approval, people, mails.reminder_mail, view, settings, now)


def tell(approval: Approval, compose: Composer, settings: Settings, now: datetime) -> None:
    """Write to everybody who was asked, each with the link that shows what stands."""
    view = _seen(approval, settings, now)
    _write("ended", approval, approval.people, compose, view, settings, now)


def _seen(approval: Approval, settings: Settings, now: datetime) -> Callable[[], ApprovalView]:
    """What everybody is shown, gathered when it is needed and once for all of them."""
    ledger = Ledger(settings.ledger_table)
    return cache(
        lambda: views.approval_view(approval, Person(SHARED), ledger, settings.places, now)
    )


def _write(
    occasion: str,
    approval: Approval,
    people: Sequence[str],
    compose: Composer,
    view: Callable[[], ApprovalView],
    settings: Settings,
    now: datetime,
) -> None:
    ledger = Ledger(settings.ledger_table)

    def mail(address: str) -> Mail:
        own = replace(view(), person=Person(address))
        return compose(own, link(approval, address, settings))

    name = f"{approval.id}-{occasion}"
    message = Message(name, settings.project_name, approval.model_package_arn)
    deliver(message, people, mail, settings.mailer, ledger, now)


def link(approval: Approval, address: str, settings: Settings) -> str:
    """The address of an approval's page for one person."""
    query = _signed(approval.id, address, approval.expires_at + links.OUTLIVES, settings)
    return f"{settings.public_url.rstrip('/')}/approvals/{approval.id}?{query}"


def releases_link(address: str, settings: Settings, now: datetime) -> str:
    """The address of the release page for one person, for a month."""
    query = _signed(links.RELEASES, address, now + links.OUTLIVES, settings)
    return f"{settings.public_url.rstrip('/')}/?{query}"


def _signed(subject: str, address: str, until: datetime, settings: Settings) -> str:
    key_id, key = secrets.signing_key(settings.link_secret_arn)
    return links.sign(key, key_id, subject, address, until)
