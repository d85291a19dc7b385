"""Rows that several mails share: the figures of an evaluation, and the commit behind it."""

from domain.evidence import Evidence
from domain.figures import label, show, signed
from domain.pages.view import Commit
from domain.plain import one_line

Row = tuple[str, str, str]
_SAID = 200
_FIRST = ("auc", "average_precision", "f1", "rmse", "mae", "r2")


def evidence_rows(evidence: Evidence) -> list[Row]:
    """The leading figures of the evaluation, each beside the champion's."""
    evaluation, report = evidence.evaluation, evidence.report
    if evaluation is None:
        return [("Evaluation", "missing", "")]
    champion = report.champion if report else None
    rows = []
    for name in _FIRST:
        here = evaluation.value(name)
        if here is None:
            continue
        there = champion.figures.get(name) if champion else None
        beside = ""
        if champion and there is not None:
            rival = f"v{champion.version}" if champion.version else "production"
            beside = f"{signed(here - there)} to {rival} ({show(there)})"
        rows.append((label(name), show(here), beside))
    return rows


def commit_rows(commit: Commit) -> list[Row]:
    """The commit in one row: id, first line of its message, and the author without address.

    A phone has little room for the row, and the page has the address.
    """
    first = one_line(commit.message.strip().partition("\n")[0], _SAID)
    author = one_line(commit.author.partition("<")[0].strip() or commit.author, _SAID)
    return [("Commit", commit.id[:8], " · ".join(part for part in (first, author) if part))]


def see_page(url: str) -> tuple[str, str] | None:
    """A button to the release page, or none."""
    return ("See the page", url) if url else None
