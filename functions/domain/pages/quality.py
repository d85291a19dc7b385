"""Sections about the model: figures beside the champion's, curves, what it looks at, its data."""

from domain.evidence import (
    Bound,
    Champion,
    Confusion,
    DataCheck,
    Evaluation,
    Evidence,
    Metric,
    Report,
)
from domain.figures import count, label, lower_is_better, share, show, signed
from domain.pages.charts import bar_chart, confusion_chart, pr_chart, roc_chart
from domain.pages.layout import missing, note, section
from domain.pages.markup import Safe, tag

_SHOWN = ("auc", "average_precision", "f1", "precision", "recall", "rmse", "mse", "mae", "r2")
_OF_SEGMENTS = ("auc", "f1", "recall", "rmse", "mae")
_MOST_BARS = 10
_MOST_SEGMENTS = 30


def figures_section(evidence: Evidence, version: int) -> Safe:
    """Every figure beside the champion's and the gate's."""
    evaluation = evidence.evaluation
    if evaluation is None:
        return section("Figures", missing(_absent(evidence, "evaluation")), name="figures")
    report = evidence.report or Report()
    first = [metric for metric in evaluation.metrics if metric.name in _SHOWN]
    rest = [metric for metric in evaluation.metrics if metric.name not in _SHOWN]
    more = None
    if rest:
        table = _table(rest, report, version, "Further figures")
        more = tag("details", tag("summary", f"{len(rest)} further figures"), table)
    rows = f"On {count(evaluation.rows)} test rows" if evaluation.rows else "On the test rows"
    main = _table(first, report, version, f"{rows} that training never saw")
    return section("Figures", main, _beside(report), more, name="figures")


def curves_section(evidence: Evidence) -> Safe | None:
    """ROC and precision-recall curves; none for a regression."""
    evaluation = evidence.evaluation
    if evaluation is None or evaluation.problem != "binary_classification":
        return None
    charts = [_roc(evaluation), _pr(evaluation)]
    return section("Curves", tag("div", *charts, class_="charts two"), name="curves")


def mistakes_section(evidence: Evidence) -> Safe | None:
    """The confusion matrix and what it says in words."""
    evaluation = evidence.evaluation
    if evaluation is None or evaluation.problem != "binary_classification":
        return None
    matrix = evaluation.confusion
    if matrix is None:
        body = missing("The evaluation holds no confusion matrix.")
    else:
        words = tag("figcaption", _in_words(matrix, evidence.report))
        body = tag("figure", confusion_chart(matrix), words)
    return section("Right and wrong", body, name="mistakes")


def importances_section(evidence: Evidence) -> Safe:
    """Which columns move the score most."""
    bars = (evidence.report or Report()).importances[:_MOST_BARS]
    if not bars:
        return section(
            "What it looks at",
            missing("The report holds no feature importances."),
            name="importances",
        )
    chart = bar_chart("weights", "Feature importances", bars, [show(size) for _, size in bars])
    words = tag("figcaption", "Mean absolute SHAP value per column, on the test rows.")
    return section("What it looks at", tag("figure", chart, words), name="importances")


def segments_section(evidence: Evidence) -> Safe | None:
    """The leading figures for each value of the columns that the settings name."""
    segments = evidence.report.segments if evidence.report else ()
    names = [name for name in _OF_SEGMENTS if any(name in one.figures for one in segments)]
    if not segments:
        return None
    heads = [tag("th", head, scope="col") for head in ("Segment", "Rows", *map(label, names))]
    body = [
        tag(
            "tr",
            tag("th", one.value or "(missing)", tag("small", one.column), scope="row"),
            tag("td", count(one.rows)),
            *(tag("td", show(one.figures.get(name))) for name in names),
        )
        for one in segments[:_MOST_SEGMENTS]
    ]
    more = len(segments) - _MOST_SEGMENTS
    table = tag(
        "table",
        tag("caption", "On the same test rows; none where there are too few of them"),
        tag("thead", tag("tr", *heads)),
        tag("tbody", *body),
        class_="num",
    )
    rest = tag("p", f"… and {more} more in report.json.", class_="soft small") if more > 0 else None
    return section("By segment", table, rest, name="segments")


def data_section(evidence: Evidence) -> Safe:
    """What the data check found and let pass."""
    check = evidence.data_check
    if check is None:
        return section("Data check", missing(_absent(evidence, "data_check")), name="data")
    if not check.violations:
        found = note("No violations", "good", _about(check))
        return section("Data check", found, name="data")
    number = len(check.violations)
    found = note(f"{number} violation{'s' if number > 1 else ''}", "even", _about(check))
    lines = [
        tag("li", tag("strong", v.column), " ", tag("code", v.check), tag("br"), v.description)
        for v in check.violations
    ]
    return section("Data check", found, tag("ul", *lines, class_="then"), name="data")


def _table(metrics: list[Metric], report: Report, version: int, caption: str) -> Safe:
    champion = report.champion
    heads = [tag("th", "Figure", scope="col"), tag("th", f"v{version}", scope="col")]
    if champion:
        heads += [tag("th", _named(champion), scope="col"), tag("th", "Difference", scope="col")]
    body = [tag("tr", *_row(metric, report)) for metric in metrics]
    return tag(
        "table",
        tag("caption", caption),
        tag("thead", tag("tr", *heads)),
        tag("tbody", *body),
        class_="num",
    )


def _row(metric: Metric, report: Report) -> list[Safe]:
    bound = next((b for b in report.gate if b.name == metric.name), None)
    gate = tag("small", f"gate {_limits(bound)}") if bound else None
    noise = tag("small", f"± {show(metric.deviation)}") if metric.deviation else None
    cells = [
        tag("th", label(metric.name), gate, scope="row"),
        tag("td", tag("strong", show(metric.value)), noise),
    ]
    if report.champion:
        there = report.champion.figures.get(metric.name)
        cells += [tag("td", show(there)), _difference(metric, there, report.champion)]
    return cells


def _difference(metric: Metric, there: float | None, champion: Champion) -> Safe:
    gap = next((d for d in champion.differences if d.name == metric.name), None)
    value = gap.value if gap else None
    if value is None and metric.value is not None and there is not None:
        value = metric.value - there
    if value is None:
        return tag("td", show(None))
    better = (value > 0) != lower_is_better(metric.name)
    if gap is None or gap.low is None or gap.high is None:
        return tag("td", signed(value))
    # Coloured only where the interval leaves no doubt: a difference within the noise is none.
    sure = not gap.low <= 0 <= gap.high
    class_ = ("up" if better else "down") if sure else None
    margin = tag("small", f"[{show(gap.low)}, {show(gap.high)}]")
    return tag("td", tag("span", signed(value), class_=class_), margin)


def _limits(bound: Bound) -> str:
    limits = (("≥", bound.low), ("≤", bound.high))
    return ", ".join(f"{sign} {show(value)}" for sign, value in limits if value is not None)


def _named(champion: Champion) -> str:
    return "Live" if champion.version is None else f"v{champion.version}"


def _beside(report: Report) -> Safe | None:
    """What simpler models reach on the same rows."""
    lines = [
        f"{label(name)}: "
        + ", ".join(f"{label(k)} {show(v)}" for k, v in one.items() if k in _SHOWN)
        for name, one in report.baselines
        if any(key in _SHOWN for key in one)
    ]
    if not lines:
        return None
    return tag(
        "p", "For comparison, on the same rows. ", "; ".join(lines) + ".", class_="soft small"
    )


def _roc(evaluation: Evaluation) -> Safe:
    if not evaluation.roc:
        return missing("The evaluation holds no ROC curve.")
    words = "Higher and further left is better; the dashed line is chance."
    return tag(
        "figure",
        tag("h3", "ROC"),
        roc_chart(evaluation.roc, evaluation.value("auc")),
        tag("figcaption", words),
    )


def _pr(evaluation: Evaluation) -> Safe:
    if not evaluation.pr:
        return missing("The evaluation holds no precision-recall curve.")
    matrix = evaluation.confusion
    base = _base_rate(matrix) if matrix else None
    chart = pr_chart(evaluation.pr, base, evaluation.value("average_precision"))
    words = "Higher is better; the dashed line is what flagging every row would reach."
    return tag("figure", tag("h3", "Precision and recall"), chart, tag("figcaption", words))


def _base_rate(matrix: Confusion) -> float | None:
    total = matrix.tp + matrix.fp + matrix.fn + matrix.tn
    return (matrix.tp + matrix.fn) / total if total else None


def _in_words(matrix: Confusion, report: Report | None) -> str:
    positive, flagged = matrix.tp + matrix.fn, matrix.tp + matrix.fp
    threshold = report.threshold if report else None
    at = f" at a threshold of {show(threshold)}" if threshold is not None else ""
    return (
        f"It finds {count(matrix.tp)} of {count(positive)} positive rows "
        f"({share(matrix.tp, positive)}){at}; of {count(flagged)} rows it flags, "
        f"{share(matrix.tp, flagged)} are right."
    )


def _about(check: DataCheck) -> str:
    parts = [f"{count(check.rows)} rows"] if check.rows is not None else []
    if check.duplicates is not None:
        parts.append(f"{count(check.duplicates)} duplicates")
    if {"positive", "negative"} <= set(check.label):
        positive, negative = check.label["positive"], check.label["negative"]
        parts.append(f"{share(positive, positive + negative)} positive")
    return ", ".join(parts)


def _absent(evidence: Evidence, name: str) -> str:
    what = {"evaluation": "evaluation", "data_check": "report of the data check"}[name]
    if name in evidence.unreadable:
        return f"The {what} was found, but it cannot be read."
    return f"No {what} was found for this version."
