"""What the evidence says, in one line, before a person says what they think.

The rules, the first that holds: a failed or missing staging test speaks against a promotion; a
missing evaluation against any yes; so does a figure that misses the gate, and being worse than the
champion beyond the noise. A difference whose interval holds zero is a tie.
"""

from dataclasses import dataclass
from enum import StrEnum

from domain.approval import Kind
from domain.evidence import Bound, Champion, Difference, Evaluation, Evidence, Report, StagingReport
from domain.figures import label, lower_is_better, show


class Tone(StrEnum):
    """How the evidence leans."""

    GOOD = "good"
    EVEN = "even"
    BAD = "bad"


@dataclass(frozen=True)
class Judgement:
    """One sentence and its tone. A yes against it needs a reason."""

    tone: Tone
    line: str

    @property
    def against(self) -> bool:
        """Whether the evidence speaks against a yes."""
        return self.tone is Tone.BAD


def judge(evidence: Evidence, kind: Kind) -> Judgement:
    """The verdict on a version for a review, or for a promotion (which needs staging's report)."""
    quality = _judge_quality(evidence)
    if kind is Kind.REVIEW:
        return quality
    if evidence.staging is None:
        return Judgement(Tone.BAD, "Staging left no readable test report")
    failed = _failed_tests(evidence.staging)
    if failed:
        return Judgement(Tone.BAD, failed)
    tests = f"Passed every staging test ({len(evidence.staging.checks)})"
    if evidence.staging.skipped:
        tests += f", without {', '.join(evidence.staging.skipped)}"
    return Judgement(quality.tone, f"{tests}; {quality.line[0].lower()}{quality.line[1:]}")


def missed_bounds(report: Report, evaluation: Evaluation) -> list[tuple[Bound, float | None]]:
    """The lines of the gate that the figures do not reach, each with the figure."""
    found = [(bound, evaluation.value(bound.name)) for bound in report.gate]
    return [(bound, value) for bound, value in found if not _holds(bound, value)]


def main_difference(champion: Champion, evaluation: Evaluation) -> Difference | None:
    """The difference that counts: the first computed one, else that of the first shared figure."""
    if champion.differences:
        return champion.differences[0]
    for name in ("auc", "rmse", "mse"):
        here, there = evaluation.value(name), champion.figures.get(name)
        if here is not None and there is not None:
            return Difference(name, here - there)
    return None


def bound_text(bound: Bound) -> str:
    """`at least 0.850` or `at most 6.000`."""
    limits = [("at least", bound.low), ("at most", bound.high)]
    return " and ".join(f"{word} {show(value)}" for word, value in limits if value is not None)


def compare(gap: Difference, opponent: str = "production") -> Judgement:
    """Who is better in one figure, with the noise margin where it is known."""
    sign = -1 if lower_is_better(gap.name) else 1
    size = f"{show(abs(gap.value))} {label(gap.name)}"
    if gap.low is None or gap.high is None:
        tone = Tone.EVEN if gap.value * sign >= 0 else Tone.BAD
        words = "Better than" if gap.value * sign > 0 else "Worse than" if gap.value else "Equal to"
        return Judgement(tone, f"{words} {opponent} by {size}, noise margin unknown")
    margin = f"[{show(gap.low)}, {show(gap.high)}]"
    if gap.low <= 0 <= gap.high:
        return Judgement(Tone.EVEN, f"As good as {opponent}: {size} {margin} is within the noise")
    if gap.value * sign > 0:
        return Judgement(Tone.GOOD, f"Beats {opponent} by {size} {margin}")
    return Judgement(Tone.BAD, f"Worse than {opponent} by {size} {margin}")


def _judge_quality(evidence: Evidence) -> Judgement:
    evaluation, report = evidence.evaluation, evidence.report or Report()
    if evaluation is None:
        return Judgement(Tone.BAD, "There is no readable evaluation of this version")
    missed = missed_bounds(report, evaluation)
    if missed:
        bound, value = missed[0]
        line = f"{label(bound.name)} is {show(value)}; the gate asks for {bound_text(bound)}"
        return Judgement(Tone.BAD, line)
    gap = main_difference(report.champion, evaluation) if report.champion else None
    if gap is not None and report.champion is not None:
        number = report.champion.version
        return compare(gap, "production" if number is None else f"version {number}")
    if report.champion is not None and report.champion.verdict:
        rival = report.champion
        name = "production" if rival.version is None else f"version {rival.version}"
        return Judgement(Tone.EVEN, f"Passes the gate; {name} is {rival.verdict}")
    return _alone(evaluation, report)


def _alone(evaluation: Evaluation, report: Report) -> Judgement:
    if not report.gate:
        return Judgement(Tone.EVEN, "Nothing to compare with: no champion and no gate are recorded")
    reached = " and ".join(
        f"{label(b.name)} {show(evaluation.value(b.name))}" for b in report.gate[:2]
    )
    return Judgement(Tone.GOOD, f"Passes the gate with {reached}; no champion to compare with")


def _holds(bound: Bound, value: float | None) -> bool:
    if value is None:
        return False
    above = bound.low is None or value >= bound.low
    return above and (bound.high is None or value <= bound.high)


def _failed_tests(staging: StagingReport) -> str:
    if staging.failed:
        names = ", ".join(check.name for check in staging.failed)
        return f"Staging failed {len(staging.failed)} of {len(staging.checks)} tests: {names}"
    return "" if staging.passed else "Staging's test did not pass"
