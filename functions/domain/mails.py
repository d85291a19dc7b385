"""What people are asked and told about a version: one function per occasion, key figures inside.

Questions go to one person each with that person's link; a shared link (SNS) says that it is shared.
Mails about the same question have the same subject, so that mailboxes show them as one thread.
"""

from collections.abc import Sequence

from domain.figures import count, duration, milliseconds, moment
from domain.mail import Letter, Mail, write
from domain.mail_rows import Row, commit_rows, evidence_rows, see_page
from domain.pages.approval import on_no, on_yes, question
from domain.pages.background import cost_change
from domain.pages.view import ApprovalView
from domain.verdict import judge


def approval_mail(view: ApprovalView, url: str) -> Mail:
    """Asks one person (`view.person`) for a review or a promotion; `url` is that person's link."""
    return _question(view, url, [judge(view.evidence, view.approval.kind).line + "."], False)


def reminder_mail(view: ApprovalView, url: str) -> Mail:
    """Reminds one person of an open question, in the thread of the first mail."""
    left = duration((view.approval.expires_at - view.now).total_seconds())
    verdict = judge(view.evidence, view.approval.kind).line
    return _question(view, url, [f"Still open, for another {left}.", f"{verdict}."], True)


def void_mail(view: ApprovalView, url: str = "") -> Mail:
    """Says once that there is nothing left to decide, and why."""
    lead = [f"There is nothing left to decide: {view.approval.why}.", "The link no longer acts."]
    letter = Letter(f"No longer needed: {question(view)}", lead, button=see_page(url))
    return write(_subject(view), letter, view.approval.id, follow_up=True)


def settled_mail(view: ApprovalView, url: str = "") -> Mail:
    """Says who decided, or that nobody did in time."""
    approval = view.approval
    words = [
        f"{d.person} said {'yes' if d.verdict == 'approve' else 'no'}, {moment(d.at)}."
        + (f" “{d.reason}”" if d.reason else "")
        for d in approval.decisions
    ]
    headline = f"{approval.state.capitalize()}: version {approval.version}"
    lead = words or [f"Nobody decided before {moment(approval.expires_at)}."]
    return write(
        _subject(view), Letter(headline, lead, button=see_page(url)), approval.id, follow_up=True
    )


def released_mail(view: ApprovalView, url: str = "") -> Mail:
    """Says that production serves the version, in the thread of the promotion."""
    change, version = view.change, view.approval.version
    before = f" in place of version {change.replaces}" if change.replaces else ""
    lead = [f"{change.endpoint} serves version {version}{before}. Its answers were verified."]
    headline = f"Version {version} is in production"
    letter = Letter(headline, lead, figure_rows(view), button=see_page(url))
    return write(_subject(view), letter, view.approval.id, follow_up=True)


def _question(view: ApprovalView, url: str, lead: Sequence[str], follow_up: bool) -> Mail:
    notes = [
        f"Open until {moment(view.approval.expires_at)}. Opening the link changes nothing; only "
        "the buttons on the page decide."
    ]
    if view.person.is_shared:
        notes.append(
            "This link is shared by everybody who gets this mail, so the page asks for your name. "
            "Do not forward this mail: whoever has it can decide, and the unsubscribe link that "
            "SNS adds below takes you off the list at one click."
        )
    else:
        notes.append(f"The link is for {view.person.label} alone: do not forward it.")
    letter = Letter(
        question(view),
        lead,
        [*figure_rows(view), *(commit_rows(view.commit) if view.commit else [])],
        "If you say yes",
        on_yes(view),
        button=("See the evidence and decide", url),
        notes=[f"If you say no: {on_no(view)}", *notes],
    )
    return write(_subject(view), letter, view.approval.id, follow_up)


def figure_rows(view: ApprovalView) -> list[Row]:
    """The key figures of a question: (name, value, beside)."""
    rows = evidence_rows(view.evidence)
    staging = view.evidence.staging
    if staging:
        passed = len(staging.checks) - len(staging.failed)
        rows.append(("Staging's tests", f"{passed} of {len(staging.checks)}", "passed"))
    if staging and staging.latency:
        rows.append(("p95 at staging", milliseconds(staging.latency.p95), ""))
    check = view.evidence.data_check
    if check and check.violations:
        rows.append(("Data check", count(len(check.violations)), "violations"))
    if view.cost:
        rows.append(("Cost per month", cost_change(view.cost), "at list prices"))
    return rows


def _subject(view: ApprovalView) -> str:
    return f"[{view.project}] {question(view)}"
