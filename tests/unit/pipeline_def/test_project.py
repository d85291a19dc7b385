"""A project's settings are refused when they are rendered, not when a release runs."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline_def import checking, project

CHURN = Path(project.__file__).parent / "churn"


COLUMNS = "table.columns"


def written(tmp_path: Path, of: str = "churn", **changes: Any) -> Path:
    """Write a project's settings as those of `mine`; None leaves a section or a setting out.

    A change is of a section, or of one setting as `section.setting`.
    """
    folder = tmp_path / "mine"
    folder.mkdir()
    parameters = yaml.safe_load((CHURN.parent / of / "parameters.yaml").read_text())
    for name, value in changes.items():
        section, _, setting = name.partition(".")
        if not setting:
            parameters[section] = value
        elif value is None:
            del parameters[section][setting]
        else:
            parameters[section][setting] = value
    kept = {key: value for key, value in parameters.items() if value is not None}
    (folder / "parameters.yaml").write_text(yaml.safe_dump(kept, sort_keys=False))
    (folder / "stages.yaml").write_text((CHURN / "stages.yaml").read_text())
    return folder


def test_each_step_gets_the_sections_that_it_reads() -> None:
    churn = project.load(CHURN)

    assert set(churn.settings("EvaluateCode")) == {
        "project",
        "problem",
        "gate",
        "challenge",
        "evaluation",
    }
    assert churn.settings("CheckDataCode")["table"]["columns"][0] == {
        "name": "State",
        "type": "categorical",
    }


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown problem": ({"problem": "ranking"}, "mine: problem must be one of binary"),
    "a missing section": ({"gate": None}, "mine: parameters.yaml has no section gate"),
    "an unknown section": ({"trainig": {}}, "mine: parameters.yaml has an unknown section trainig"),
    "no gate": ({"gate": {}}, "mine: gate must name at least one figure"),
    "a gate of another problem": ({"gate": {"mse": {"max": 6}}}, "mine: gate.mse is unknown;"),
    "a gate without a bound": ({"gate": {"auc": 0.8}}, "mine: gate.auc must be {min: x} or"),
    "a gate on accuracy alone": (
        {"gate": {"accuracy": {"min": 0.8}}},
        "mine: a gate on accuracy alone passes a model that has learnt nothing",
    ),
    "a margin that is no amount": (
        {"gate": {"auc": {"min": 0.8}, "margin": -0.1}},
        "mine: gate.margin must be a number, 0 or more, not -0.1",
    ),
    "a drift that is no pair of limits": (
        {"checks.drift": 0.2},
        "mine: checks.drift must be {warn: x, stop: y}, either or both",
    ),
    "two labels": (
        {COLUMNS: {"a": "label", "b": "label"}},
        "mine: exactly one column must be the label, not 2",
    ),
    "a column that YAML read as a bool": (
        {COLUMNS: {True: "numeric", "b": "label"}},
        'mine: column True is not text; quote it: "True"',
    ),
    "an unknown kind of column": (
        {COLUMNS: {"a": "number", "b": "label"}},
        "mine: column 'a' is 'number', not numeric | categorical | dropped | label",
    ),
    "a column with blanks around it": (
        {COLUMNS: {"a ": "numeric", "b": "label"}},
        "mine: column 'a ' must have no blanks around its name",
    ),
    "nothing to learn from": (
        {COLUMNS: {"id": "dropped", "b": "label"}},
        "mine: no column is numeric or categorical: nothing to learn from",
    ),
    "a bound that no figure can reach": (
        {"gate": {"auc": {"min": 85}}},
        "mine: gate.auc is from 0 to 1, its bound is 85",
    ),
    "a gate that is a text": ({"gate": "auc"}, "mine: gate must name at least one figure"),
    "a problem that is a list": ({"problem": ["regression"]}, "mine: problem must be one of"),
    "a section that is a number": ({"checks": 5}, "mine: checks must be a mapping of settings"),
    "a typo in checks": (
        {"checks.min_row": 5},
        "mine: checks.min_row is no setting of Slipway; did you mean min_rows?",
    ),
    "a typo in what XGBoost takes": (
        {"training.max_dept": 5},
        "mine: training.max_dept is no setting of Slipway; did you mean max_depth?",
    ),
    "a setting of another section": (
        {"evaluation.seed": 5},
        "mine: evaluation.seed is no setting of Slipway; known are golden_rows, segments",
    ),
    "a share in percent": (
        {"split.train": 70},
        "mine: split.train must be a share between 0 and 1, such as 0.7, not 70",
    ),
    "a split that leaves nothing to test on": (
        {"split.train": 0.8, "split.validation": 0.2},
        "mine: split.train and split.validation must leave rows to test on: together less than 1",
    ),
    "a bare Yes, which YAML takes for true": (
        {"label.positive": [True]},
        'mine: label.positive must be a list of texts in quotes, such as ["Yes"], not [True]',
    ),
    "a spelling that is no list": (
        {"label.positive": "True."},
        "mine: label.positive must be a list of texts in quotes",
    ),
    "a spelling of both classes": (
        {"label.negative": ["False.", "True"]},
        "mine: label.positive and label.negative both have 'True'",
    ),
    "a limit of another kind": (
        {"checks.max_missing_share": {"warn": 0.1, "fail": 0.2}},
        "mine: checks.max_missing_share must be a share from 0 to 1, or {warn: x, stop: y}, either",
    ),
    "a number that is a text": (
        {"checks.min_rows": "100"},
        "mine: checks.min_rows must be a whole number, 1 or more, not '100'",
    ),
    "a header that is a text": (
        {"table.header": "yes"},
        "mine: table.header must be true or false, not 'yes'",
    ),
    "a delimiter of two signs": (
        {"table.delimiter": ";;"},
        """mine: table.delimiter must be one character in quotes, such as ",", not ';;'""",
    ),
    "missing values that are no texts": (
        {"table.missing": ["", 0]},
        "mine: table.missing must be a list of texts in quotes",
    ),
    "a decimal comma between commas": (
        {"table.decimal": ","},
        "mine: table.delimiter and table.decimal are both ,",
    ),
    "a booster without trees": (
        {"training.booster": "gblinear"},
        "mine: training.booster must be gbtree or dart, not 'gblinear'",
    ),
    "an objective of another problem": (
        {"training.objective": "reg:squarederror"},
        "mine: training.objective of a binary_classification must be binary:logistic",
    ),
    "a segment that is no category": (
        {"evaluation": {"golden_rows": 10, "segments": ["Day Mins"]}},
        "mine: evaluation.segments: 'Day Mins' is no categorical column",
    ),
}


def test_the_margin_is_no_figure_of_the_gate(tmp_path: Path) -> None:
    mine = project.load(written(tmp_path, gate={"auc": {"min": 0.8}, "margin": 0.02}))

    assert mine.parameters["gate"] == {"auc": {"min": 0.8}}
    assert mine.parameters["challenge"] == {"figure": "auc", "margin": 0.02}


def needed() -> list[str]:
    """Every setting of churn's that has no default."""
    parameters = yaml.safe_load((CHURN / "parameters.yaml").read_text())
    optional = {"checks.drift", "training.early_stopping_rounds", "evaluation.segments"}
    optional |= {f"training.{name}" for name in checking.XGBOOST - {"objective", "tree_method"}}
    sections = {key: value for key, value in parameters.items() if isinstance(value, dict)}
    del sections["gate"]
    return [
        f"{section}.{name}"
        for section, settings in sections.items()
        for name in settings
        if f"{section}.{name}" not in optional | {COLUMNS}
    ]


@pytest.mark.parametrize("setting", needed())
def test_a_setting_that_a_step_needs_is_missed_when_it_is_rendered(
    tmp_path: Path, setting: str
) -> None:
    with pytest.raises(checking.ProjectError, match=rf"^mine: {setting} is missing"):
        project.load(written(tmp_path, **{setting: None}))


def test_a_limit_that_is_a_number_stops_the_run_or_for_copies_warns(tmp_path: Path) -> None:
    both = {"warn": 50, "stop": 10}

    mine = project.load(written(tmp_path, **{"checks.min_rows_per_class": both}))

    checks = mine.settings("CheckDataCode")["checks"]
    assert checks["min_rows_per_class"] == both
    assert checks["max_missing_share"] == {"stop": 0.05}
    assert checks["max_duplicate_share"] == {"warn": 0.01}


def test_segments_and_the_label_of_a_number_may_be_left_out(tmp_path: Path) -> None:
    mine = project.load(written(tmp_path, of="abalone", **{"evaluation.segments": None}))

    assert mine.settings("EvaluateCode")["evaluation"]["segments"] == []
    assert mine.settings("CheckDataCode")["label"] == {}


def test_the_column_without_a_name_that_pandas_writes_may_be_dropped(tmp_path: Path) -> None:
    columns = {"": "dropped", "a": "numeric", "b": "label"}

    mine = project.load(written(tmp_path, **{COLUMNS: columns, "evaluation.segments": []}))

    assert mine.parameters["table"]["columns"][0] == {"name": "", "type": "dropped"}


def test_a_key_that_is_there_twice_is_named_with_its_line(tmp_path: Path) -> None:
    folder = written(tmp_path)
    text = (folder / "parameters.yaml").read_text()
    (folder / "parameters.yaml").write_text(text + "problem: regression\n")

    with pytest.raises(checking.ProjectError, match=r"'problem' is there twice, again in line \d+"):
        project.load(folder)


@pytest.mark.parametrize("case", REFUSED)
def test_settings_that_cannot_work_are_refused(tmp_path: Path, case: str) -> None:
    changes, sentence = REFUSED[case]

    with pytest.raises(checking.ProjectError) as refusal:
        project.load(written(tmp_path, **changes))

    assert str(refusal.value).startswith(sentence)


def test_a_folder_that_is_no_project_is_named(tmp_path: Path) -> None:
    with pytest.raises(checking.ProjectError, match=r"is no project: it has no parameters\.yaml"):
        project.load(tmp_path / "nothing")


def test_a_file_that_is_no_yaml_is_named(tmp_path: Path) -> None:
    folder = written(tmp_path)
    (folder / "stages.yaml").write_text("staging: [")

    with pytest.raises(checking.ProjectError, match=r"mine/stages\.yaml is not YAML"):
        project.load(folder)
