"""The part of an approval page where a person decides, or sees who decided what and when."""

from domain.approval import Approval, Decision, Kind, State, Verdict
from domain.figures import duration, moment
from domain.pages.layout import note
from domain.pages.markup import Safe, tag
from domain.pages.view import ApprovalView
from domain.verdict import Judgement

REASON_MOST = 1000
NAME_MOST = 80

_ENDED = {
    State.APPROVED: ("Approved", "good"),
    State.REJECTED: ("Rejected", "bad"),
    State.EXPIRED: ("Expired", "even"),
    State.VOID: ("Void", "even"),
}


def decision_card(view: ApprovalView, judgement: Judgement) -> Safe:
    """The form while it can be decided by this person; otherwise what stands."""
    approval = view.approval
    over = view.now >= approval.expires_at
    if not approval.is_pending or over:
        body = [_outcome(approval, over), *_decisions(approval)]
    elif approval.decision_of(view.person):
        body = [_waiting(approval), *_decisions(approval)]
    elif view.person.is_shared and not approval.shared:
        body = [*_conditions(view), *_decisions(approval), _only_shows()]
    else:
        body = [*_conditions(view), *_decisions(approval), _form(view, judgement)]
    title = tag(
        "h2", "Your decision" if approval.is_pending and not over else "Decision", id="decide"
    )
    return tag("section", title, *body, class_="card stack decide", aria_labelledby="decide")


def jump(view: ApprovalView, words: str) -> Safe | None:
    """Leads to the decision on a phone, where it is not beside what is read; None once decided."""
    if not view.approval.is_pending or view.now >= view.approval.expires_at:
        return None
    return tag("a", words, href="#decide", class_="jump")


def yes_words(view: ApprovalView) -> str:
    """What the yes button says."""
    place = "staging" if view.approval.kind is Kind.REVIEW else "production"
    verb = "release to" if view.approval.kind is Kind.REVIEW else "promote to"
    return f"Yes, {verb} {place}"


def state_line(approval: Approval, view: ApprovalView) -> tuple[str, str]:
    """The state in a few words, and its tone."""
    if approval.is_pending and view.now >= approval.expires_at:
        return _ENDED[State.EXPIRED]
    if approval.is_pending:
        left = (approval.expires_at - view.now).total_seconds()
        return f"{duration(left)} left", "wait"
    return _ENDED[approval.state]


def _form(view: ApprovalView, judgement: Judgement) -> Safe:
    typed = view.typed or {}
    barred = view.approval.four_eyes and view.approval.is_committer(view.person)
    problem = note(view.problem, "bad", role="alert") if view.problem else None
    yes = tag(
        "button", yes_words(view), name="decision", value=Verdict.APPROVE.value, type="submit"
    )
    no = tag(
        "button", f"No, reject version {view.approval.version}", name="decision",
        value=Verdict.REJECT.value, type="submit", class_="no",
    )  # fmt: skip
    return tag(
        "form",
        # Enter in a field presses the first button: this one does nothing, so nothing is decided.
        tag("button", "Choose below", type="submit", disabled=True, hidden=True),
        problem,
        _name(view, typed.get("name", "")),
        _reason(view, judgement, typed.get("reason", "")),
        _four_eyes() if barred else yes,
        no,
        method="post",
        class_="stack",
        autocomplete="off",
    )


def _name(view: ApprovalView, typed: str) -> Safe:
    if not view.person.is_shared:
        return tag("p", "You decide as ", tag("strong", view.person.label), class_="small")
    hint = "This link was sent to several people, so say who you are. Your name is recorded."
    field = tag(
        "input", id="name", name="name", type="text", value=typed, maxlength=NAME_MOST,
        required=True, autocomplete="name", aria_describedby="name-hint",
    )  # fmt: skip
    words = tag("p", hint, id="name-hint", class_="soft small")
    return tag("div", tag("label", "Your name", for_="name"), words, field)


def _reason(view: ApprovalView, judgement: Judgement, typed: str) -> Safe:
    against = view.approval.reason_for_yes or judgement.against
    hint = "Needed for a no, and for a yes: the evidence speaks against it."
    if not against:
        hint = "Needed for a no. It is kept with the decision."
    field = tag(
        "textarea", typed, id="reason", name="reason", maxlength=REASON_MOST, rows=3,
        aria_describedby="reason-hint", aria_invalid="true" if view.problem else None,
        autofocus=bool(view.problem),
    )  # fmt: skip
    words = tag("p", hint, id="reason-hint", class_="soft small")
    return tag("div", tag("label", "Reason", for_="reason"), words, field)


def _conditions(view: ApprovalView) -> list[Safe]:
    approval = view.approval
    silence = "counts as a no" if approval.rejects_on_expiry else "changes nothing"
    rules = [f"Open until {moment(approval.expires_at)}; silence {silence}."]
    if approval.needed_yeses > 1:
        so_far = len(approval.yeses)
        rules.append(f"{approval.needed_yeses} people must say yes; {so_far} did so far.")
    if approval.four_eyes and not approval.committer:
        rules.append("Nobody knows who made this version, so four eyes cannot be checked.")
    elif approval.four_eyes and view.person.is_shared and approval.shared:
        rules.append("Whoever committed this must not say yes; a shared link takes your word.")
    return [tag("p", " ".join(rules), class_="soft small")]


def _only_shows() -> Safe:
    line = "This link shows the evidence; it does not decide."
    return note(line, "even", "Decide by the link in your own mail, or by the buttons in Slack.")


def _four_eyes() -> Safe:
    line = "You committed this, so somebody else must say yes."
    return note(line, "even", "You may still say no.")


def _waiting(approval: Approval) -> Safe:
    more = approval.yeses_missing
    people = "one more person" if more == 1 else f"{more} more people"
    return note(f"Your yes is recorded; {people} must say yes", "even")


def _outcome(approval: Approval, over: bool) -> Safe:
    if approval.is_pending and over:
        detail = f"Nobody decided before {moment(approval.expires_at)}. Nothing was released."
        return note("Expired", "even", detail)
    word, tone = _ENDED[approval.state]
    when = moment(approval.ended_at) if approval.ended_at else ""
    details = {
        State.EXPIRED: f"Nobody decided before {moment(approval.expires_at)}.",
        State.VOID: f"There is nothing left to decide: {approval.why}.",
    }
    return note(word, tone, details.get(approval.state, when))


def _decisions(approval: Approval) -> list[Safe]:
    return [_said(decision) for decision in approval.decisions]


def _said(decision: Decision) -> Safe:
    word = "said yes" if decision.verdict is Verdict.APPROVE else "said no"
    ways = {
        "link": "",
        "shared": ", by the name typed into a shared link",
        "slack": " in Slack",
        "registry": " in the model registry",
    }
    where = ways.get(decision.via, f" by {decision.via}")
    reason = tag("p", "“", decision.reason, "”") if decision.reason else None
    when = tag("p", moment(decision.at), class_="soft small")
    return tag("div", tag("p", tag("strong", decision.person), f" {word}{where}"), reason, when)
