"""An approval: one question to some people about one model version.

What can happen to it is in `domain.deciding`, its stored form in `domain.approval_item`.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.errors import SlipwayError
from domain.people import Person, mailbox, normal_address


class Kind(StrEnum):
    """What is asked: may this version go to staging, or from staging to production."""

    REVIEW = "review"
    PROMOTION = "promotion"


class State(StrEnum):
    """Where an approval stands; every state but PENDING is final."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    VOID = "void"


class Verdict(StrEnum):
    """What a person says; also the value of the form's `decision` field."""

    APPROVE = "approve"
    REJECT = "reject"


@dataclass(frozen=True)
class Decision:
    """What one person said.

    `via` is "link" (of their own, or a token), "shared" (a link whose name was typed), "slack" or
    "registry" (Studio or the API).
    """

    person: str
    verdict: Verdict
    reason: str
    at: datetime
    via: str = "link"


@dataclass(frozen=True)
class Approval:
    """One question to some people about one model version.

    `people` are mail addresses; `shared` allows a link without a personal address (SNS). With
    `four_eyes` the `committer` cannot say yes (two addresses, when another committed the author's
    work; empty, when nobody knows). `reason_for_yes` is set when the evidence speaks against the
    version. `rejects_on_expiry`: silence counts as a no. `why` says why it became void.
    `settings_etag` is the ETag of the release's settings when this was asked, empty if unknown.
    Times are aware datetimes.
    """

    id: str
    kind: Kind
    model_package_arn: str
    version: int
    release_id: str
    people: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    remind_at: datetime | None = None
    needed_yeses: int = 1
    four_eyes: bool = False
    committer: str = ""
    shared: bool = False
    reason_for_yes: bool = False
    rejects_on_expiry: bool = True
    state: State = State.PENDING
    decisions: tuple[Decision, ...] = ()
    why: str = ""
    settings_uri: str = ""
    settings_etag: str = ""
    ended_at: datetime | None = None
    reminded_at: datetime | None = None
    revision: int = 1

    @property
    def is_pending(self) -> bool:
        """Whether it can still be decided (its time may be over: see `expire`)."""
        return self.state is State.PENDING

    @property
    def settled_by_registry(self) -> bool:
        """Whether Studio or the API decided it, and none of its links."""
        return bool(self.decisions) and self.decisions[-1].via == "registry"

    @property
    def yeses(self) -> tuple[Decision, ...]:
        """The decisions for it so far."""
        return tuple(d for d in self.decisions if d.verdict is Verdict.APPROVE)

    @property
    def yeses_missing(self) -> int:
        """How many more people must say yes."""
        return max(0, self.needed_yeses - len(self.yeses))

    def is_committer(self, person: Person) -> bool:
        """Whether this person wrote or committed what is asked about."""
        return mailbox(person.label) in {mailbox(one) for one in self.committer.split()}

    def decision_of(self, person: Person) -> Decision | None:
        """What this person said already, if anything."""
        label = normal_address(person.label)
        return next((d for d in self.decisions if normal_address(d.person) == label), None)


class ApprovalError(SlipwayError):
    """Base of the reasons for which a decision does not count. `approval` is what stands."""

    def __init__(self, message: str, approval: Approval) -> None:
        super().__init__(message)
        self.approval = approval


class AlreadyDecidedError(ApprovalError):
    """It was decided before, or this person has spoken before: the first decision stands."""


class ApprovalVoidError(ApprovalError):
    """What was asked about is no longer there to decide; `approval.why` says why."""


class ApprovalExpiredError(ApprovalError):
    """Its time is over."""


class NotAnApproverError(ApprovalError):
    """The policy does not let this person decide."""


class FourEyesError(ApprovalError):
    """The committer says yes to their own commit."""


class ReasonRequiredError(ApprovalError):
    """A no, and a yes against the evidence, need a reason."""
