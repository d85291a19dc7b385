"""Captured requests against the data of the live version, as the monitor's step judges them."""

import base64
import csv
import io
import json
from pathlib import Path
from typing import Any

import captured
import pytest
from check_data import check
from monitor import monitor
from settings import Settings, table_spec
from table import read_rows

from localcloud.sagemaker.endpoints.capture import entry
from pipeline_def import project
from pipeline_def.datasets import telecom

SETTINGS: Settings = project.load(Path(project.__file__).parent / "churn").settings("MonitorCode")
SPEC = table_spec(SETTINGS)
HEADER = telecom.HEADER
MINUTES = HEADER.index("Day Mins")
CONFIG = {
    "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
    "CaptureContentTypeHeader": {
        "CsvContentTypes": ["text/csv"],
        "JsonContentTypes": ["application/json"],
    },
}


def rows(count: int, seed: int) -> list[list[str]]:
    return [list(row[:-1]) for row in telecom.customers(rows=count, seed=seed)]


def as_csv(asked: list[list[str]]) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows(asked)
    return file.getvalue()


def line(body: str, kind: str = "text/csv", hour: int = 9, **extra: str) -> str:
    """One line of a capture file, by the code that imitates SageMaker's."""
    from datetime import UTC, datetime

    at = datetime(2026, 11, 23, hour, tzinfo=UTC)
    return json.dumps(entry(CONFIG, (kind, body.encode()), ("text/csv", b"0.1\n"), extra, at))


def written(folder: Path, *lines: str) -> captured.Captured:
    (folder / "2026" / "11").mkdir(parents=True, exist_ok=True)
    (folder / "2026" / "11" / "a.jsonl").write_text("\n".join([*lines, ""]), encoding="utf-8")
    return captured.read(folder, SPEC)


@pytest.fixture(name="baseline", scope="module")
def _baseline(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The profile that CheckData left for the version in production."""
    folder = tmp_path_factory.mktemp("table")
    telecom.write(folder / "churn.csv", rows=2000, seed=7)
    return check(read_rows(folder, SPEC), SPEC, SETTINGS)["profile"]


def test_requests_like_the_training_data_have_not_drifted(tmp_path: Path, baseline: Any) -> None:
    found = written(tmp_path, *(line(as_csv([row])) for row in rows(500, seed=8)))

    said = monitor(found, SPEC, SETTINGS, baseline)

    assert said["drift"]["outcome"] == "compared"
    assert (said["drift"]["requests"], said["drift"]["rows"]) == (500, 500)
    assert said["drift"]["drifted"] == []
    assert said["constraint_violations"] == {"violations": []}
    assert {entry["column"] for entry in said["drift"]["columns"]} >= {"Day Mins", "State"}
    assert "Churn?" not in {entry["column"] for entry in said["drift"]["columns"]}


def test_a_column_that_moved_is_named_with_its_figure_and_the_others_are_not(
    tmp_path: Path, baseline: Any
) -> None:
    asked = rows(500, seed=8)
    for row in asked:
        row[MINUTES] = str(float(row[MINUTES]) + 120)
    said = monitor(written(tmp_path, line(as_csv(asked))), SPEC, SETTINGS, baseline)

    assert said["drift"]["drifted"] == ["Day Mins"]
    first = said["drift"]["columns"][0]
    assert first["column"] == "Day Mins"
    assert first["psi"] > 1 > said["drift"]["limit"]
    (violation,) = said["constraint_violations"]["violations"]
    assert violation["constraint_check_type"] == "baseline_drift_check"
    minutes = next(f for f in said["statistics"]["features"] if f["name"] == "Day Mins")
    assert minutes["numerical_statistics"]["common"] == {"num_present": 500, "num_missing": 0}


def test_too_few_requests_say_nothing_about_drift(tmp_path: Path, baseline: Any) -> None:
    asked = rows(99, seed=8)
    for row in asked:
        row[MINUTES] = "9999"
    said = monitor(written(tmp_path, line(as_csv(asked))), SPEC, SETTINGS, baseline)

    assert said["drift"]["outcome"] == "too_few_requests"
    assert (said["drift"]["columns"], said["drift"]["drifted"]) == ([], [])
    assert said["drift"]["least_rows"] == 100


def test_csv_json_and_undeclared_content_are_read_alike(tmp_path: Path) -> None:
    asked = rows(3, seed=8)
    instances = [dict(zip(HEADER[:-1], row, strict=True)) for row in asked]
    del instances[0]["Phone"]  # the model drops it, so a caller may leave it out
    plain, coded = line(as_csv(asked)), json.loads(line(as_csv(asked)))
    body = coded["captureData"]["endpointInput"]
    body["data"] = base64.b64encode(body["data"].encode()).decode()
    body["encoding"] = "BASE64"
    found = written(
        tmp_path,
        plain,
        line(json.dumps({"instances": instances}), "application/json; charset=utf-8", hour=10),
        json.dumps(coded),
    )

    columns = captured.columns(found.rows, SPEC)
    assert (found.requests, found.unreadable) == (3, 0)
    assert columns["Day Mins"] == [float(row[MINUTES]) for row in asked] * 3
    assert (found.first, found.last) == ("2026-11-23T09:00:00Z", "2026-11-23T10:00:00Z")


@pytest.mark.parametrize(
    "bad",
    [
        "{not json",
        "[]",
        '{"captureData": {}, "eventMetadata": {}}',
        line("{}", "application/json"),
        line("1,2,3\n"),
        line(as_csv([["a word" if at == MINUTES else v for at, v in enumerate(rows(1, 3)[0])]])),
    ],
)
def test_what_is_no_row_of_the_table_is_counted_and_stops_nothing(tmp_path: Path, bad: str) -> None:
    found = written(tmp_path, bad, line(as_csv(rows(2, seed=8))))

    assert (len(found.rows), found.unreadable, found.requests) == (2, 1, 2)


def test_a_missing_value_is_missing_in_every_spelling(tmp_path: Path) -> None:
    asked = rows(2, seed=8)
    asked[0][MINUTES] = ""
    asked[0][0] = "NA"
    columns = captured.columns(written(tmp_path, line(as_csv(asked))).rows, SPEC)

    assert columns["Day Mins"][0] != columns["Day Mins"][0]
    assert columns["State"] == ["", asked[1][0]]


def test_the_requests_that_verify_a_release_do_not_count(tmp_path: Path) -> None:
    """They are rows of the test part: a release of a drifted product would look steady."""
    from adapters.invoker import OURS

    golden = line(as_csv(rows(50, seed=7)), InferenceId=OURS)
    found = written(tmp_path, golden, line(as_csv(rows(1, seed=8)), InferenceId="theirs"))

    assert (found.requests, len(found.rows)) == (1, 1)
