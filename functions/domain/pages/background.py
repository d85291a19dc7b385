"""Sections about where a version comes from and what it costs: commit, lineage, money, history."""

from collections.abc import Sequence

from domain.figures import MISSING, moment
from domain.pages.charts import bar_chart
from domain.pages.layout import missing, section
from domain.pages.markup import Safe, join, link, tag
from domain.pages.view import Commit, Cost, Fact, Graph, Line

_MOST_FILES = 40


def commit_section(commit: Commit | None) -> Safe:
    """Who committed what."""
    if commit is None:
        body = missing("No commit is recorded: this version was registered by hand.")
        return section("Commit", body, name="commit")
    first, _, rest = commit.message.strip().partition("\n")
    words = [tag("p", tag("strong", first or "(no message)"))]
    if rest.strip():
        words.append(tag("pre", rest.strip()))
    where = " · ".join(part for part in (commit.repository, commit.branch) if part)
    facts = [
        ("Author", commit.author or MISSING),
        ("Commit", link(tag("code", commit.id[:12]), commit.url)),
        ("When", moment(commit.at) if commit.at else None),
        ("Where", where or None),
    ]
    return section("Commit", *words, _pairs(facts), _files(commit.files), name="commit")


def lineage_section(facts: Sequence[Fact], recorded: Sequence[tuple[str, str]]) -> Safe:
    """What the version was made of, from data to image; `recorded` comes from the report."""
    named = [(f.name, tag("code", f.value) if f.code else f.value or MISSING) for f in facts]
    named += [(name.replace("_", " ").capitalize(), tag("code", value)) for name, value in recorded]
    body = _pairs(named) if named else missing("No lineage is recorded for this version.")
    return section("Data and lineage", body, name="lineage")


def cost_section(cost: Cost | None) -> Safe:
    """What the change does to the monthly bill."""
    if cost is None:
        body = missing("The monthly cost is unknown.")
        return section("Monthly cost", body, name="cost")
    facts = [
        ("Now", dollars(cost.before)),
        ("After a yes", tag("strong", dollars(cost.after))),
        ("Change", cost_change(cost)),
    ]
    basis = tag("p", cost.basis, class_="soft small")
    return section("Monthly cost", _pairs(facts), basis, name="cost")


def history_section(lines: Sequence[Line]) -> Safe:
    """What happened to this version so far, oldest first."""
    body = timeline(lines) if lines else missing("Nothing is recorded for this version yet.")
    return section("History of this version", body, name="history")


def timeline(lines: Sequence[Line]) -> Safe:
    """A list of moments with what happened, oldest first."""
    ordered = sorted(lines, key=lambda line: line.at)
    return tag("ol", *(_entry(line) for line in ordered), class_="line")


def dollars(value: float | None) -> str:
    """`$84`, `under $1`, `unknown`."""
    if value is None:
        return "unknown"
    return "under $1" if 0 < value < 1 else f"${value:,.0f}"


def cost_change(cost: Cost) -> str:
    """`+$84`, `no change`, `unknown`."""
    if cost.before is None or cost.after is None:
        return "unknown"
    change = cost.after - cost.before
    if abs(change) < 0.5:
        return "no change"
    return f"{'+' if change > 0 else '−'}${abs(change):,.0f}"


def _entry(line: Line) -> Safe:
    who = f" · {line.who}" if line.who else ""
    when = tag("time", moment(line.at), datetime=line.at.isoformat())
    return tag(
        "li",
        tag("strong", line.title),
        tag("div", line.detail) if line.detail else None,
        *(_graph(graph) for graph in line.graphs),
        tag("div", when, who, class_="soft small"),
        class_=line.tone or None,
    )


def _graph(graph: Graph) -> Safe:
    bars = [(minute, size) for minute, size, _ in graph.values]
    chart = bar_chart(graph.name, graph.title, bars, [words for _, _, words in graph.values])
    return tag("figure", chart, tag("figcaption", graph.title))


def _pairs(facts: Sequence[tuple[str, str | None]]) -> Safe:
    rows = [join(tag("dt", name), tag("dd", value)) for name, value in facts if value is not None]
    return tag("dl", *rows, class_="facts")


def _files(files: Sequence[str]) -> Safe | None:
    if not files:
        return None
    shown = [tag("li", tag("code", name)) for name in files[:_MOST_FILES]]
    if len(files) > _MOST_FILES:
        shown.append(tag("li", f"and {len(files) - _MOST_FILES} more"))
    number = f"{len(files)} file{'s' if len(files) > 1 else ''} changed"
    return tag("details", tag("summary", number), tag("ul", *shown, class_="then"))
