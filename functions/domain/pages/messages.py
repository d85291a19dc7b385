"""Small pages: after a decision was counted, and for links that open nothing."""

from domain.approval import Approval, State
from domain.figures import moment
from domain.pages.approval import on_no, on_yes
from domain.pages.layout import document, main_area, note
from domain.pages.markup import Safe, tag
from domain.pages.view import ApprovalView

_ASK = "ask for a new link, or decide in SageMaker Studio: its buttons count as well."


def render_decided(view: ApprovalView) -> str:
    """Right after a form was counted: what was recorded and what happens now."""
    approval = view.approval
    line, tone = _outcome(approval)
    steps: list[Safe] = []
    if approval.state is State.APPROVED:
        steps = [tag("ol", *(tag("li", step) for step in on_yes(view)), class_="then")]
    elif approval.state is State.REJECTED:
        steps = [tag("p", on_no(view))]
    last = approval.decisions[-1] if approval.decisions else None
    who = f"{last.person}, {moment(last.at)}" if last else ""
    card = tag("section", tag("h2", "What happens now"), *steps, class_="card stack")
    again = "The same link shows this decision and the evidence; it decides nothing more."
    main = main_area(
        tag("h1", line),
        note("Recorded", tone, who),
        card if steps else None,
        tag("p", again, class_="soft"),
    )
    return document(line, main, project=view.project)


def render_note(title: str, words: str) -> str:
    """One sentence under a title."""
    return document(title, main_area(tag("h1", title), tag("p", words)))


def render_forged() -> str:
    """403: the signature does not fit, or the link has another shape."""
    return _plain(
        "This link cannot be used",
        "It was not made here, or it was changed on its way: some mail programs cut long links.",
        f"Open it once more from the mail, in full. If that does not help, {_ASK}",
    )


def render_link_expired() -> str:
    """410: ours, but its time is over."""
    return _plain(
        "This link has expired",
        "Its time is over. What was decided before that stands, and the release page shows it.",
        "A version whose review expired can be approved in SageMaker Studio, or trained anew.",
    )


def render_unknown() -> str:
    """404: the link is signed, but the ledger has no such question any more."""
    return _plain(
        "There is no such question",
        "It was answered long ago and has been cleaned up, or it belongs to another stack.",
        "The release page shows what is open now.",
    )


def render_not_allowed(reason: str) -> str:
    """403: the person is known but may not decide this; `reason` says why."""
    return _plain("You cannot decide this", reason, "Nothing was changed.")


def render_unreadable(reason: str) -> str:
    """400: the form that was sent cannot be read."""
    return _plain("This form cannot be read", reason, "Nothing was changed. Go back and try again.")


def render_not_signed_in(reason: str) -> str:
    """401: the identity provider's token does not say who this is."""
    return _plain(
        "Nobody is signed in", reason, "Nothing was changed. Sign in, and open the link again."
    )


def render_failed() -> str:
    """500: a fault of ours or of AWS."""
    return _plain(
        "This page failed",
        "Something did not answer. If you pressed a button, look at the link again: it shows "
        "whether your decision counted.",
        "It is safe to try again: nothing is decided twice.",
    )


def _plain(title: str, what: str, then: str) -> str:
    return document(title, main_area(tag("h1", title), note(what, "even"), tag("p", then)))


def _outcome(approval: Approval) -> tuple[str, str]:
    version = f"version {approval.version}"
    if approval.state is State.APPROVED:
        return f"You approved {version}", "good"
    if approval.state is State.REJECTED:
        return f"You rejected {version}", "bad"
    missing = approval.yeses_missing
    return f"Your yes to {version} is recorded; {missing} more needed", "even"
