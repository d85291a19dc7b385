"""Each setting of parameters.yaml: what it must be, and what is said of one that is not.

A typo is refused here, when the project is rendered, by its name and with the mend: a step that met
it would fail hours later, or use a default that nobody chose.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

BINARY, REGRESSION = "binary_classification", "regression"
SECTIONS = ("problem", "table", "label", "checks", "split", "training", "gate", "evaluation")
OBJECTIVES = {BINARY: ("binary:logistic",), REGRESSION: ("reg:", "count:")}

#: What XGBoost 3.0 takes (a test asks it): it warns of any other name, and trains without it.
#: Without those of gblinear, which has neither rounds to choose from nor SHAP values by tree.
#: https://xgboost.readthedocs.io/en/release_3.0.0/parameter.html
XGBOOST = frozenset([
    "alpha", "base_score", "booster", "colsample_bylevel", "colsample_bynode",
    "colsample_bytree", "device", "disable_default_eval_metric", "eta", "eval_metric", "gamma",
    "grow_policy", "huber_slope", "interaction_constraints", "lambda", "learning_rate",
    "max_bin", "max_cached_hist_node", "max_cat_threshold", "max_cat_to_onehot",
    "max_delta_step", "max_depth", "max_leaves", "min_child_weight", "min_split_loss",
    "monotone_constraints", "multi_strategy", "n_jobs", "normalize_type", "nthread",
    "num_parallel_tree", "objective", "one_drop", "process_type", "quantile_alpha",
    "random_state", "rate_drop", "refresh_leaf", "reg_alpha", "reg_lambda", "sample_type",
    "sampling_method", "scale_pos_weight", "seed", "seed_per_iteration", "skip_drop",
    "subsample", "tree_method", "tweedie_variance_power", "updater", "validate_parameters",
    "verbosity",
])  # fmt: skip


class ProjectError(Exception):
    """A project's files cannot be used; the text names the file, the key and the mend."""


@dataclass(frozen=True)
class Rule:
    """What one setting must be, in words and as a test."""

    words: str
    holds: Callable[[Any], bool]
    needed: bool = True


def is_amount(value: Any) -> bool:
    """Whether it is a number, 0 or more."""
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


COUNT = Rule("a whole number, 1 or more", lambda value: _is_whole(value) and value >= 1)
SHARE = Rule("a share from 0 to 1", lambda value: is_amount(value) and value <= 1)
LIMITS = ("warn", "stop")


def _limits(rule: Rule) -> Rule:
    """A limit, or one from which the check warns and one from which it stops the run."""

    def holds(value: Any) -> bool:
        if not isinstance(value, dict):
            return rule.holds(value)
        return bool(value) and not set(value) - set(LIMITS) and all(map(rule.holds, value.values()))

    return Rule(f"{rule.words}, or {{warn: x, stop: y}}, either or both", holds)


PART = Rule("a share between 0 and 1, such as 0.7", lambda v: is_amount(v) and 0 < v < 1)
WHOLE = Rule("a whole number", _is_whole)
YES_NO = Rule("true or false", lambda value: isinstance(value, bool))
TEXTS = Rule('a list of texts in quotes, such as ["NA"]', _are_texts)
SPELLINGS = Rule('a list of texts in quotes, such as ["Yes"]', lambda v: _are_texts(v) and bool(v))
SIGN = Rule('one character in quotes, such as ","', lambda v: isinstance(v, str) and len(v) == 1)
MARK = Rule('"." or ","', lambda value: value in (".", ","))
WORD = Rule("a text", lambda value: isinstance(value, str))
TREES = Rule("gbtree or dart", lambda value: value in ("gbtree", "dart"))
LEAF = Rule("a number or a text", lambda value: isinstance(value, str | int | float))
ANY = Rule("", lambda _: True)


def _maybe(rule: Rule) -> Rule:
    return Rule(rule.words, rule.holds, needed=False)


def _rules(problem: str) -> Mapping[str, Mapping[str, Rule]]:
    """Return {section: {setting: its rule}}; columns and gate have their own checks."""
    xgboost = {name: _maybe(LEAF) for name in XGBOOST}
    classes = _limits(COUNT)
    table = {"header": YES_NO, "delimiter": SIGN, "decimal": MARK, "missing": TEXTS, "columns": ANY}
    return {
        "table": table,
        "label": {"positive": SPELLINGS, "negative": SPELLINGS} if problem == BINARY else {},
        "checks": {
            "min_rows": COUNT,
            "min_rows_per_class": classes if problem == BINARY else _maybe(classes),
            "max_missing_share": _limits(SHARE),
            "max_duplicate_share": _limits(SHARE),
            "drift": _maybe(ANY),
        },
        "split": {"train": PART, "validation": PART, "seed": WHOLE, "rare_category": COUNT},
        "training": {
            **xgboost,
            **{"objective": WORD, "tree_method": WORD, "num_round": COUNT},
            **{"booster": _maybe(TREES), "early_stopping_rounds": _maybe(COUNT)},
        },
        "evaluation": {"golden_rows": COUNT, "segments": _maybe(TEXTS)},
    }


def check_sections(parameters: Mapping[str, Any], problem: str, name: str) -> None:
    """Raise ProjectError for a section or a setting that is missing, unknown or of another kind."""
    needed = [key for key in SECTIONS if key != "label" or problem == BINARY]
    missing = [key for key in needed if key not in parameters]
    if missing:
        raise ProjectError(f"{name}: parameters.yaml has no section {missing[0]}")
    unknown = [str(key) for key in parameters if key not in SECTIONS]
    if unknown:
        hint = _meant(unknown[0], SECTIONS)
        raise ProjectError(f"{name}: parameters.yaml has an unknown section {unknown[0]}{hint}")
    for section, rules in _rules(problem).items():
        _check_settings(section, parameters.get(section) or {}, rules, name)
    _check_together(parameters, problem, name)


def _check_settings(section: str, given: Any, rules: Mapping[str, Rule], name: str) -> None:
    if not isinstance(given, dict):
        raise ProjectError(f"{name}: {section} must be a mapping of settings, not {given!r}")
    for setting, value in given.items():
        if setting not in rules:
            hint = _meant(str(setting), rules)
            raise ProjectError(f"{name}: {section}.{setting} is no setting of Slipway{hint}")
        if not rules[setting].holds(value):
            words = rules[setting].words
            raise ProjectError(f"{name}: {section}.{setting} must be {words}, not {value!r}")
    for setting, rule in rules.items():
        if rule.needed and setting not in given:
            of = f", {rule.words}" if rule.words else ""
            raise ProjectError(f"{name}: {section}.{setting} is missing{of}")


def _meant(wrong: str, known: Any) -> str:
    """Return what was probably meant, else all that there is if that is not long."""
    close = get_close_matches(wrong, known, n=1)
    if close:
        return f"; did you mean {close[0]}?"
    return f"; known are {', '.join(known)}" if 0 < len(known) < 10 else ""


def _check_together(parameters: Mapping[str, Any], problem: str, name: str) -> None:
    """Raise ProjectError for settings that do not fit each other."""
    table, split, training = (parameters[key] for key in ("table", "split", "training"))
    if table["delimiter"] == table["decimal"]:
        raise ProjectError(f"{name}: table.delimiter and table.decimal are both {table['decimal']}")
    if split["train"] + split["validation"] >= 1:
        raise ProjectError(
            f"{name}: split.train and split.validation must leave rows to test on: together less"
            f" than 1, not {split['train'] + split['validation']:g}"
        )
    label = parameters.get("label") or {}
    both = sorted(set(label.get("positive", ())) & set(label.get("negative", ())))
    if both:
        raise ProjectError(f"{name}: label.positive and label.negative both have '{both[0]}'")
    if not training["objective"].startswith(OBJECTIVES[problem]):
        fitting = "binary:logistic" if problem == BINARY else "one such as reg:squarederror"
        raise ProjectError(
            f"{name}: training.objective of a {problem} must be {fitting}, not"
            f" {training['objective']}"
        )
