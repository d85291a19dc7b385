"""The step scripts, run one after another by the interpreter that has the image's packages."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from bench.by_hand import ROOT, Run, StepFailedError
from pipeline_def import project
from pipeline_def.datasets import telecom

from .conftest import ask_image, new_run, serve


def content(run: Run, path: str) -> Any:
    return json.loads((run.home / path).read_text(encoding="utf-8"))


def test_trees_find_what_a_linear_model_does_not(churn: Run) -> None:
    report = content(churn, "evaluation/report.json")

    assert 0.90 <= report["metrics"]["auc"] <= 0.97
    assert report["baseline"]["linear"]["auc"] < report["metrics"]["auc"] - 0.05
    assert report["baseline"]["always_negative"]["accuracy"] > 0.84  # why no gate is on accuracy
    assert report["baseline"]["always_negative"]["f1"] == 0


def test_the_evaluation_has_the_form_of_sagemakers_model_quality(churn: Run) -> None:
    evaluation = content(churn, "evaluation/evaluation.json")
    figures = evaluation["binary_classification_metrics"]

    assert evaluation["dataset"]["item_count"] == 500
    counts = [figures["confusion_matrix"][truth][said] for truth in "01" for said in "01"]
    assert sum(counts) == 500
    assert figures["accuracy"]["value"] == pytest.approx((counts[0] + counts[3]) / 500)
    assert set(figures["auc"]) == {"value", "standard_deviation"}
    roc = figures["receiver_operating_characteristic_curve"]
    assert len(roc["true_positive_rates"]) == len(roc["false_positive_rates"]) <= 200
    assert (roc["false_positive_rates"][0], roc["true_positive_rates"][0]) == (0.0, 0.0)
    assert (roc["false_positive_rates"][-1], roc["true_positive_rates"][-1]) == (1.0, 1.0)
    pr = figures["precision_recall_curve"]
    assert len(pr["precisions"]) == len(pr["recalls"]) <= 200


def test_the_report_says_which_model_it_judged_and_how_it_was_made(churn: Run) -> None:
    report = content(churn, "evaluation/report.json")
    archive = (churn.home / "artifact" / "model.tar.gz").read_bytes()

    assert report["model_sha256"] == hashlib.sha256(archive).hexdigest()
    assert report["rows"] == {"train": 3500, "validation": 1000, "test": 500}
    assert report["xgboost_version"] == "3.0.5"
    assert report["tree_method"] == "hist"
    assert report["threshold_chosen_on"] == "validation"
    assert 0 < report["threshold"] < 1
    assert report["importances"][0]["column"] == "Day Mins"
    assert set(report["segments"]) == {"Int'l Plan", "VMail Plan"}


def test_the_importances_name_every_column_that_the_model_sees(churn: Run) -> None:
    found = content(churn, "evaluation/report.json")["importances"]
    means = [one["mean_abs_shap"] for one in found]
    columns = project.load(ROOT / "pipeline_def" / "churn").parameters["table"]["columns"]
    unseen = {"dropped", "label"}

    assert means == sorted(means, reverse=True)
    assert means[0] > 0
    assert {one["column"] for one in found} == {
        one["name"] for one in columns if one["type"] not in unseen
    }


def test_the_data_check_leaves_statistics_and_constraints_in_sagemakers_form(churn: Run) -> None:
    """https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-statistics.html"""
    statistics = content(churn, "statistics/statistics.json")
    constraints = content(churn, "statistics/constraints.json")
    by_name = {one["name"]: one for one in statistics["features"]}

    assert statistics["dataset"]["item_count"] == 5000
    assert by_name["Day Mins"]["inferred_type"] == "Fractional"
    common = by_name["Day Mins"]["numerical_statistics"]["common"]
    assert common == {"num_present": 5000, "num_missing": 0}
    assert {one["name"] for one in constraints["features"]} == set(by_name)
    assert all(0 <= one["completeness"] <= 1 for one in constraints["features"])


def test_the_golden_set_is_what_a_healthy_endpoint_answers(churn: Run) -> None:
    golden = content(churn, "golden/golden.json")
    requests = (churn.home / "golden" / "requests.csv").read_bytes()
    expected = (churn.home / "golden" / "expected.csv").read_bytes()

    answers = serve(churn, "text/csv", requests.decode(), "text/csv")["body"]

    assert [line.split(",")[1] for line in expected.decode().split()] == answers.split()
    assert golden["rows"] == len(answers.split()) == 500
    assert golden["columns"] == telecom.HEADER[:-1]
    assert golden["requests_sha256"] == hashlib.sha256(requests).hexdigest()
    assert golden["expected_sha256"] == hashlib.sha256(expected).hexdigest()
    report = content(churn, "evaluation/report.json")
    assert golden["metrics"]["auc"] == report["metrics"]["auc"]
    for column, values in report["segments"].items():
        at = [row for value in values for row in golden["segments"][column][value]["at"]]
        assert sorted(at) == list(range(500)), "each row is in one segment of a column"
        found = {value: entry["auc"] for value, entry in golden["segments"][column].items()}
        assert found == {value: entry["auc"] for value, entry in values.items()}


def test_the_figures_are_those_of_scikit_learn(churn: Run) -> None:
    compared = ask_image(
        """
import csv, json, sys
import numpy as np, metrics
from sklearn import metrics as theirs
rows = [[float(x) for x in row] for row in csv.reader(open(sys.argv[1]))]
y, s = np.array(rows).T
s = s.round(1)  # many ties
said = s >= 0.3
print(json.dumps([
    [metrics.auc(y, s), theirs.roc_auc_score(y, s)],
    [metrics.average_precision(y, s), theirs.average_precision_score(y, s)],
    [metrics.f1(y, said), theirs.f1_score(y, said)],
    [metrics.f_beta(metrics.confusion(y, said), 0.5), theirs.fbeta_score(y, said, beta=0.5)],
    [metrics.f_beta(metrics.confusion(y, said), 2), theirs.fbeta_score(y, said, beta=2)],
]))
""",
        str(churn.home / "golden" / "expected.csv"),
    )

    for ours, theirs in compared:
        assert ours == pytest.approx(theirs, abs=1e-12)


def test_training_again_gives_the_same_bytes(churn: Run, tmp_path: Path) -> None:
    again = new_run(tmp_path)
    for part in ("train", "validation"):
        (tmp_path / part).symlink_to(churn.home / part)
    again.train()

    for name in ("model.ubj", "features.json", "code/inference.py"):
        assert (again.home / "model" / name).read_bytes() == (
            churn.home / "model" / name
        ).read_bytes()


def test_a_model_file_of_another_xgboost_is_refused_by_name(churn: Run, tmp_path: Path) -> None:
    other = new_run(tmp_path)
    for part in ("train", "test"):
        (tmp_path / part).symlink_to(churn.home / part)
    model = tmp_path / "model"
    (model / "code").mkdir(parents=True)
    for path in (churn.home / "model").rglob("*.*"):
        (model / path.relative_to(churn.home / "model")).write_bytes(path.read_bytes())
    saved = (model / "model.ubj").read_bytes()
    at = saved.rfind(b"version[#L") + len(b"version[#L") + 8
    (model / "model.ubj").write_bytes(saved[:at] + b"i\x03i\x01i\x00" + saved[at + 6 :])
    other.pack()

    with pytest.raises(StepFailedError) as failure:
        other.evaluate()

    assert str(failure.value).startswith(
        "the model cannot be served: model.ubj was saved by xgboost 3.1.0, this container runs"
        " 3.0.5, and models do not move between versions safely;"
    )


def test_a_refused_table_leaves_its_sentence_and_no_output(tmp_path: Path) -> None:
    page = tmp_path / "churn.csv"
    page.write_text("<!DOCTYPE html>\n<html></html>\n")
    run = new_run(tmp_path / "run")

    with pytest.raises(StepFailedError, match=r"^churn\.csv, line 1 is an HTML page, not a table;"):
        run.check(page)

    assert not (run.home / "statistics").exists()
