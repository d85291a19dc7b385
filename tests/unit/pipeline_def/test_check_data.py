"""What CheckData says about tables that people really upload."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from check_data import check
from container import StepError
from settings import Settings, table_spec
from table import read_rows

from pipeline_def import project
from pipeline_def.datasets import telecom

PROJECTS = Path(project.__file__).parent
ROWS = list(telecom.customers(rows=400, seed=3))
HEADER = telecom.HEADER


def settings(**changes: Any) -> Settings:
    """Return churn's settings of CheckData, with keys of sections replaced (table__decimal=…)."""
    content = project.load(PROJECTS / "churn").settings("CheckDataCode")
    for key, value in changes.items():
        section, name = key.split("__")
        content[section] = {**content[section], name: value}
    return content


def text(rows: list[list[str]], header: list[str] | None = HEADER, delimiter: str = ",") -> str:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
    writer.writerows([header, *rows] if header else rows)
    return file.getvalue()


def edited(row: int, column: str, value: str) -> list[list[str]]:
    rows = [list(fields) for fields in ROWS]
    rows[row][HEADER.index(column)] = value
    return rows


def run(
    folder: Path, content: str | bytes, name: str = "churn.csv", **changes: Any
) -> dict[str, Any]:
    raw = content.encode() if isinstance(content, str) else content
    (folder / name).write_bytes(raw)
    asked = settings(**changes)
    spec = table_spec(asked)
    return check(read_rows(folder, spec), spec, asked)


def test_a_good_table_is_counted_and_described(tmp_path: Path) -> None:
    found = run(tmp_path, text(ROWS))

    assert found["check"]["rows"] == 400
    positive = sum(row[-1] == "True." for row in ROWS)
    assert found["check"]["label"] == {"positive": positive, "negative": 400 - positive}
    assert found["check"]["violations"] == []


def test_windows_line_ends_a_byte_order_mark_and_blank_lines_change_nothing(tmp_path: Path) -> None:
    plain = run(tmp_path, text(ROWS))
    windows = run(tmp_path, b"\xef\xbb\xbf" + text(ROWS).replace("\n", "\r\n").encode() + b"\r\n")

    assert windows == plain


def test_columns_may_stand_in_any_order(tmp_path: Path) -> None:
    plain = run(tmp_path, text(ROWS))
    turned = run(tmp_path, text([row[::-1] for row in ROWS], header=HEADER[::-1]))

    assert turned == plain


@pytest.mark.parametrize(("positive", "negative"), [("True", "False"), ("yes", "no"), ("1", "0")])
def test_another_label_spelling_is_a_matter_of_settings(
    tmp_path: Path, positive: str, negative: str
) -> None:
    rows = [[*row[:-1], positive if row[-1] == "True." else negative] for row in ROWS]

    found = run(tmp_path, text(rows), label__positive=[positive], label__negative=[negative])

    assert found["check"]["label"] == run(tmp_path, text(ROWS))["check"]["label"]


def test_tabs_and_decimal_commas_are_a_matter_of_settings(tmp_path: Path) -> None:
    rows = [[field.replace(".", ",") for field in row[:-1]] + row[-1:] for row in ROWS]

    found = run(tmp_path, text(rows, delimiter="\t"), table__delimiter="\t", table__decimal=",")

    assert found == run(tmp_path, text(ROWS))


HTML = "<!DOCTYPE html>\n<html><body>churn.csv · GitHub</body></html>\n"
MERGE = text(ROWS[:5]) + "<<<<<<< HEAD\n" + text(ROWS[5:], header=None)
LESS = [name for name in HEADER if name != "Day Mins"]
WITHOUT = [[f for f, name in zip(row, HEADER, strict=True) if name != "Day Mins"] for row in ROWS]
RENAMED = ["Intl Plan" if name == "Int'l Plan" else name for name in HEADER]
TABS = text([[f.replace(".", ",") for f in row] for row in ROWS], delimiter="\t")
YES = text([[*row[:-1], "yes" if row[-1] == "True." else "no"] for row in ROWS])
STAYING = [row for row in ROWS if row[-1] == "False."]
ABALONE = "M,0.455,0.365,0.095,0.514,0.2245,0.101,0.15,15\n" * 200

REFUSED = {
    "an empty file": ("", "churn.csv is empty; upload the table again."),
    "only a byte order mark": (b"\xef\xbb\xbf", "churn.csv is empty; upload the table again."),
    "an HTML page": (
        HTML,
        "churn.csv, line 1 is an HTML page, not a table; download the raw file instead of the page"
        " that shows it.",
    ),
    "a merge marker": (
        MERGE,
        "churn.csv, line 7 is a git merge marker (<<<<<<<); resolve the merge and upload the file"
        " again.",
    ),
    "a zip file": (
        b"PK\x03\x04rest",
        "churn.csv is a compressed file; upload the unpacked text file.",
    ),
    "UTF-16": (
        text(ROWS).encode("utf-16"),
        "churn.csv, line 1 is not UTF-8 text (byte 0xff); save the file with UTF-8 encoding.",
    ),
    "Latin-1 in line 3": (
        text(edited(1, "State", "é")).encode("latin-1"),
        "churn.csv, line 3 is not UTF-8 text (byte 0xe9); save the file with UTF-8 encoding.",
    ),
    "an empty label": (
        text(edited(1, "Churn?", "")),
        "churn.csv, line 3: label column 'Churn?' is empty; fill it or remove the row.",
    ),
    "a missing column": (
        text(WITHOUT, header=LESS),
        "churn.csv, line 1: column 'Day Mins' is missing in the header; add it to the file, or"
        " correct table.columns in parameters.yaml.",
    ),
    "a renamed column": (
        text(ROWS, header=RENAMED),
        "churn.csv, line 1: column 'Int'l Plan' is missing in the header (it has 'Intl Plan'"
        " instead); add it to the file, or correct table.columns in parameters.yaml.",
    ),
    "a column too many": (
        text([[*row, "1"] for row in ROWS], header=[*HEADER, "Segment"]),
        "churn.csv, line 1: column 'Segment' is not in table.columns of parameters.yaml; add it"
        " there (as `dropped` if the model shall not see it).",
    ),
    "a column twice": (
        text([[*row, row[7]] for row in ROWS], header=[*HEADER, "Day Mins"]),
        "churn.csv, line 1: column 'Day Mins' is in the header more than once; remove or rename"
        " the copy.",
    ),
    "no header": (
        text(ROWS, header=None),
        "churn.csv, line 1 is not the header of this table (it begins '",
    ),
    "a line with too few fields": (
        text([*ROWS[:3], ROWS[3][:-2], *ROWS[4:]]),
        "churn.csv, line 5 has 19 fields instead of 21; correct the line or table.columns in"
        " parameters.yaml.",
    ),
    "an open quote": (
        text(ROWS[:3]) + '"TX,' + text(ROWS[3:], header=None),
        "cannot be read as CSV (unexpected end of data); correct the quotes.",
    ),
    "text in a number column": (
        text(edited(41, "Day Mins", "a lot")),
        "churn.csv, line 43: column 'Day Mins' says 'a lot', which is not a number; correct the"
        " value, or list the spelling under table.missing in parameters.yaml.",
    ),
    "a decimal comma in one value": (
        text(edited(0, "Eve Mins", "197,4")),
        "churn.csv, line 2: column 'Eve Mins' says '197,4', which is not a number (it has a decimal"
        ' comma: set table.decimal to "," in parameters.yaml);',
    ),
    "infinity": (text(edited(9, "Intl Mins", "inf")), "line 11: column 'Intl Mins' says 'inf'"),
    "tabs with decimal commas": (
        TABS,
        '; its fields are separated by tabs: set table.delimiter to "\\t" (and table.decimal to'
        ' "," if its numbers have a comma);',
    ),
    "yes and no as labels": (
        YES,
        "label column 'Churn?' says 'no', known are 'True.', 'True', 'False.', 'False'; add this"
        " spelling to label.positive or label.negative in parameters.yaml.",
    ),
    "one class": (
        text(STAYING),
        f"label column 'Churn?' has only one class in all {len(STAYING)} rows, so there is nothing"
        " to learn; add rows of the other one.",
    ),
    "too few of one class": (
        text([*STAYING, *[row for row in ROWS if row[-1] == "True."][:3]]),
        "label column 'Churn?' has 3 positive rows, at least 20 are needed in each class;",
    ),
    "99 rows": (
        text(ROWS[:99]),
        "the table has 99 rows, at least 100 are needed to train and to judge a model;",
    ),
    "a header alone": (text([]), "the table has 0 rows, at least 100 are needed"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_table_is_refused_with_the_place_and_the_mend(tmp_path: Path, case: str) -> None:
    content, sentence = REFUSED[case]

    with pytest.raises(StepError) as refusal:
        run(tmp_path, content)

    message = str(refusal.value)
    assert sentence in message
    assert "\n" not in message
    assert len(message) < 500
    assert message.endswith(".")


def test_another_table_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(StepError) as refusal:
        run(tmp_path, ABALONE, name="abalone.csv")

    assert str(refusal.value).startswith("abalone.csv, line 1 is not the header of this table (it")


def test_a_column_that_is_mostly_empty_is_refused(tmp_path: Path) -> None:
    rows = [[*row[:7], "" if at % 10 == 0 else row[7], *row[8:]] for at, row in enumerate(ROWS)]

    with pytest.raises(StepError, match=r"column 'Day Mins' is empty in 10\.0% of the rows"):
        run(tmp_path, text(rows))


def test_a_few_missing_values_are_counted_and_pass(tmp_path: Path) -> None:
    found = run(tmp_path, text(edited(5, "Day Mins", "NA")))

    day = next(f for f in found["statistics"]["features"] if f["name"] == "Day Mins")
    assert day["numerical_statistics"]["common"] == {"num_present": 399, "num_missing": 1}


def test_copies_of_rows_are_a_warning(tmp_path: Path) -> None:
    found = run(tmp_path, text([*ROWS, *ROWS[:40]]))

    assert [v["constraint_check_type"] for v in found["check"]["violations"]] == [
        "duplicate_rows_check"
    ]


EMPTY_TENTH = [[*row[:7], "" if n % 10 == 0 else row[7], *row[8:]] for n, row in enumerate(ROWS)]
LEAVING = [row for row in ROWS if row[-1] == "True."]
FEW_LEAVE = [*STAYING, *LEAVING[:30]]
LIMITS: dict[str, tuple[list[list[str]], str, float, float, str, str]] = {
    "missing values": (
        EMPTY_TENTH, "max_missing_share", 0.05, 0.2,
        "completeness_check", "column 'Day Mins' is empty in 10.0% of the rows, at most 5.0% may",
    ),
    "copies": (
        [*ROWS, *ROWS[:40]], "max_duplicate_share", 0.01, 0.5,
        "duplicate_rows_check", "40 rows (9.1%) are copies of another row, at most 1.0% may be;",
    ),
    "few of a class": (
        FEW_LEAVE, "min_rows_per_class", 40, 5,
        "label_balance_check", "label column 'Churn?' has 30 positive rows, at least 40 are needed",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", LIMITS)
def test_what_a_check_finds_warns_or_stops_as_its_setting_says(tmp_path: Path, case: str) -> None:
    rows, name, strict, lax, kind, sentence = LIMITS[case]
    key = f"checks__{name}"

    warned = run(tmp_path, text(rows), **{key: {"warn": strict, "stop": lax}})["check"]
    assert [v["constraint_check_type"] for v in warned["violations"]] == [kind]
    only = run(tmp_path, text(rows), **{key: {"warn": strict}})["check"]
    assert only["violations"] == warned["violations"]
    assert run(tmp_path, text(rows), **{key: {"warn": lax}})["check"]["violations"] == []
    with pytest.raises(StepError) as refusal:
        run(tmp_path, text(rows), **{key: {"warn": lax, "stop": strict}})
    assert str(refusal.value).startswith(sentence)


def test_no_file_at_all_is_said(tmp_path: Path) -> None:
    (tmp_path / "_SUCCESS").write_text("")

    with pytest.raises(StepError, match="no data file was found"):
        read_rows(tmp_path, table_spec(settings()))


def test_several_files_are_one_table(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(text(ROWS[:200]))

    found = run(tmp_path, text(ROWS[200:]), name="b.csv")

    assert found["check"]["files"] == ["a.csv", "b.csv"]
    assert found["check"]["rows"] == 400


def moved_table() -> list[list[str]]:
    """Everybody telephones 100 minutes more a day than in ROWS."""
    at = HEADER.index("Day Mins")
    return [[*row[:at], f"{float(row[at]) + 100:.1f}", *row[at + 1 :]] for row in ROWS]


def against(tmp_path: Path, rows: list[list[str]], **limits: float) -> dict[str, Any]:
    """Check a table against the profile of ROWS."""
    (tmp_path / "before").mkdir()
    (tmp_path / "now").mkdir()
    baseline = run(tmp_path / "before", text(ROWS))["profile"]
    (tmp_path / "now" / "churn.csv").write_text(text(rows))
    asked = settings(checks__drift=limits)
    spec = table_spec(asked)
    return check(read_rows(tmp_path / "now", spec), spec, asked, baseline)


def test_a_column_that_moved_is_a_violation_that_the_page_shows(tmp_path: Path) -> None:
    found = against(tmp_path, moved_table(), warn=0.2)["check"]

    (violation,) = found["violations"]
    assert violation["feature_name"] == "Day Mins"
    assert violation["constraint_check_type"] == "baseline_drift_check"
    assert "(warned from 0.2 on); above " in violation["description"]
    assert found["drift"]["Day Mins"] > 1
    assert max(psi for name, psi in found["drift"].items() if name != "Day Mins") < 0.2


def test_a_column_that_moved_too_far_stops_the_run(tmp_path: Path) -> None:
    with pytest.raises(StepError) as refusal:
        against(tmp_path, moved_table(), warn=0.2, stop=0.5)

    message = str(refusal.value)
    assert message.startswith("column 'Day Mins' is not what the live model was trained on")
    assert "checks.drift.stop in parameters.yaml" in message
    assert len(message) < 500


def test_the_same_table_again_has_not_drifted(tmp_path: Path) -> None:
    found = against(tmp_path, ROWS, warn=0.0001, stop=0.0001)["check"]

    assert set(found["drift"].values()) == {0.0}
    assert found["violations"] == []
