"""The approval page: what is asked, what a yes means, and the evidence for it.

In the order of reading on a phone: question, verdict, what a yes does, key figures, the decision,
then the evidence in full. Once it has ended, who decided what stands right below the question. On a
wide screen the decision stays beside the evidence.
"""

from domain.approval import Kind
from domain.evidence import Evidence, Report
from domain.figures import label, milliseconds, moment, show, signed
from domain.pages.background import (
    commit_section,
    cost_change,
    cost_section,
    history_section,
    lineage_section,
)
from domain.pages.decision import decision_card, jump, state_line
from domain.pages.layout import document, main_area, note, pill
from domain.pages.markup import Safe, tag
from domain.pages.quality import (
    curves_section,
    data_section,
    figures_section,
    importances_section,
    mistakes_section,
    segments_section,
)
from domain.pages.tested import latency_section, staging_section
from domain.pages.view import ApprovalView
from domain.verdict import Judgement, judge, main_difference

_WAY = ("Trained", "Review", "Staging", "Promotion", "Production")
_FIRST = {"binary_classification": ("auc", "f1"), "regression": ("rmse", "mae")}
_WORDS = {"good": "The evidence is for it", "even": "A tie", "bad": "The evidence is against it"}


def render_approval(view: ApprovalView) -> str:
    """The whole page for one person, in whatever state the approval is."""
    judgement = judge(view.evidence, view.approval.kind)
    card, meaning = decision_card(view, judgement), _meaning(view, judgement)
    parts = [meaning, card] if _is_open(view) else [card, meaning]
    main = main_area(_head(view), *parts, _evidence(view), sided=True)
    aside = tag("p", "Shared link" if view.person.is_shared else "Personal link")
    return document(question(view), main, project=view.project, aside=aside)


def question(view: ApprovalView) -> str:
    """What is asked, as one sentence."""
    version = f"version\N{NO-BREAK SPACE}{view.approval.version}"
    if view.approval.kind is Kind.REVIEW:
        return f"Release {version} to staging?"
    return f"Promote {version} to production?"


def on_yes(view: ApprovalView) -> list[str]:
    """What happens on a yes, in order."""
    change, version = view.change, f"Version {view.approval.version}"
    where = f"{change.endpoint} ({change.capacity})" if change.capacity else change.endpoint
    steps = []
    if view.frozen_until:
        why = f" ({view.frozen_why})" if view.frozen_why else ""
        steps.append(f"It waits until {moment(view.frozen_until)}, when the freeze{why} ends.")
    if view.approval.kind is Kind.REVIEW:
        steps.append(f"{version} is deployed to {where} and tested there.")
        steps.append(
            change.then or "Production stays as it is; you are asked again before it changes."
        )
        return steps
    replaced = (
        f"replaces version {change.replaces}" if change.replaces else "becomes the first version"
    )
    steps.append(f"{version} {replaced} on {where}.")
    if change.rollout and change.replaces:
        steps.append(f"Traffic moves by {change.rollout}; an alarm brings the old version back.")
    steps.append(change.then or "Production is checked, then staging is torn down.")
    return steps


def on_no(view: ApprovalView) -> str:
    """What happens on a no."""
    if view.change.on_no:
        return view.change.on_no
    if view.approval.kind is Kind.REVIEW:
        return "The version is marked Rejected in the registry; nothing is deployed."
    kept = f"keeps version {view.change.replaces}" if view.change.replaces else "stays empty"
    return f"Production {kept}; the version is marked Rejected in the registry."


def _is_open(view: ApprovalView) -> bool:
    return view.approval.is_pending and view.now < view.approval.expires_at


def _head(view: ApprovalView) -> Safe:
    """Where the version is on its way, the state of the question, and the question."""
    state, tone = state_line(view.approval, view)
    kind = "Review" if view.approval.kind is Kind.REVIEW else "Promotion"
    return tag(
        "div",
        _rail(view),
        tag("div", pill(kind), pill(state, tone), jump(view, "Decide ↓"), class_="meta"),
        tag("h1", question(view)),
        class_="hero",
    )


def _meaning(view: ApprovalView, judgement: Judgement) -> Safe:
    """The verdict in a line, what a yes and a no do, and the key figures."""
    steps = tag("ol", *(tag("li", step) for step in on_yes(view)), class_="then")
    yes, no = "If you say yes", "If you say no: "
    if not _is_open(view):
        yes, no = "A yes meant", "A no meant: "
    return tag(
        "div",
        note(judgement.line, judgement.tone.value, _for_or_against(judgement, view.evidence)),
        tag(
            "div",
            tag("h2", yes),
            steps,
            tag("p", tag("strong", no), on_no(view), class_="small"),
            class_="card stack",
        ),
        _tiles(view),
        class_="hero",
    )


def _for_or_against(judgement: Judgement, evidence: Evidence) -> str:
    """What the figures say, and what they do not: the data check let its violations pass."""
    words = _WORDS[judgement.tone.value]
    found = len(evidence.data_check.violations) if evidence.data_check else 0
    if not found:
        return words
    return f"{words}; the data check has {found} violation{'s' if found > 1 else ''}"


def _rail(view: ApprovalView) -> Safe:
    here = 1 if view.approval.kind is Kind.REVIEW else 3
    items = []
    for place, name in enumerate(_WAY):
        class_ = "done" if place < here else "here" if place == here else None
        current = "step" if place == here else None
        items.append(tag("li", name, class_=class_, aria_current=current))
    return tag("ol", *items, class_="rail", aria_label="Where this version is on its way")


def _tiles(view: ApprovalView) -> Safe:
    tiles = [*_figure_tiles(view.evidence)]
    staging = view.evidence.staging
    if staging and staging.latency:
        tiles.append(_tile("p95 at staging", milliseconds(staging.latency.p95), "per request"))
    if view.cost:
        tiles.append(_tile("Cost per month", cost_change(view.cost), "at list prices"))
    rows = (view.evidence.report or Report()).rows or {}
    if len(tiles) % 2 and "train" in rows:
        tiles.append(_tile("Trained on", f"{rows['train']:,.0f}", "rows"))
    return tag("dl", *tiles, class_="tiles num")


def _figure_tiles(evidence: Evidence) -> list[Safe]:
    evaluation, report = evidence.evaluation, evidence.report
    if evaluation is None:
        return [_tile("Evaluation", "–", "missing")]
    champion = report.champion if report else None
    gap = main_difference(champion, evaluation) if champion else None
    tiles = []
    for name in _FIRST.get(evaluation.problem, ("accuracy",)):
        below = ""
        if champion and gap and gap.name == name:
            below = f"{signed(gap.value)} to version {champion.version or '–'}"
        elif report and (bound := next((b for b in report.gate if b.name == name), None)):
            limit = bound.low if bound.low is not None else bound.high
            below = f"gate {show(limit)}"
        tiles.append(_tile(label(name), show(evaluation.value(name)), below))
    return tiles


def _tile(name: str, value: str, below: str) -> Safe:
    small = tag("dd", below, class_="small") if below else None
    return tag("div", tag("dt", name), tag("dd", value), small)


def _evidence(view: ApprovalView) -> Safe:
    evidence = view.evidence
    recorded = evidence.report.facts if evidence.report else ()
    return tag(
        "div",
        figures_section(evidence, view.approval.version),
        staging_section(evidence, view.approval.kind),
        latency_section(evidence),
        curves_section(evidence),
        tag("div", mistakes_section(evidence), importances_section(evidence), class_="pair stack"),
        segments_section(evidence),
        data_section(evidence),
        commit_section(view.commit),
        lineage_section(view.lineage, recorded),
        cost_section(view.cost),
        history_section(view.history),
        jump(view, "Back to your decision ↑"),
        class_="evidence stack",
    )
