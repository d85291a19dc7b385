"""Champion against challenger by the step scripts themselves, on the image's interpreter."""

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import pytest

from bench.by_hand import Run
from pipeline_def.datasets import telecom

from .conftest import ask_image, new_run, report


@pytest.fixture
def challenger(churn: Run, tmp_path: Path) -> Run:
    """The shared run's rows and model, to be evaluated anew in a folder of its own."""
    run = new_run(tmp_path / "run")
    run.home.mkdir()
    for name in ("train", "test", "artifact"):
        (run.home / name).symlink_to(churn.home / name)
    return run


def evaluated(run: Run, archive: Path | None, version: str = "3") -> Any:
    """Evaluate against the champion in `archive`; return report.json."""
    (run.home / "champion").mkdir(exist_ok=True)
    if archive:
        shutil.copyfile(archive, run.home / "champion" / "model.tar.gz")
    run.evaluate("--champion", str(run.home / "champion"), "--champion-version", version)
    return report(run)


@pytest.fixture(scope="module")
def weak(churn: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A champion of five stumps, trained on the same rows."""
    run = new_run(tmp_path_factory.mktemp("weak"))
    settings = {**run.project.parameters["training"], "num_round": 5, "max_depth": 1}
    parameters = {**run.project.parameters, "training": settings}
    run.project = dataclasses.replace(run.project, parameters=parameters)
    for name in ("train", "validation"):
        (run.home / name).symlink_to(churn.home / name)
    run.train()
    return run.home / "artifact" / "model.tar.gz"


def test_a_model_beside_itself_is_as_good(churn: Run, challenger: Run) -> None:
    found = evaluated(challenger, churn.home / "artifact" / "model.tar.gz")

    assert found["champion"]["version"] == 3
    assert found["champion"]["metrics"] == found["metrics"]
    assert found["champion"]["verdict"] == "as good"
    assert found["champion"]["same_data"] is True
    assert set(found["champion"]["differences"]) == {"auc", "average_precision"}
    for gap in found["champion"]["differences"].values():
        assert gap == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert found["challenge"]["shortfall"] == 0.0


def test_a_better_model_is_better_beyond_the_noise(challenger: Run, weak: Path) -> None:
    found = evaluated(challenger, weak)
    gap = found["champion"]["differences"]["auc"]

    assert found["champion"]["verdict"] == "better"
    assert 0 < gap["low"] < gap["value"] < gap["high"]
    ours, theirs = found["metrics"]["auc"], found["champion"]["metrics"]["auc"]
    assert gap["value"] == pytest.approx(ours - theirs, abs=2e-6)
    assert found["challenge"]["shortfall"] == 0.0
    # The golden set holds the challenger's answers, not those of whom it was compared with.
    lines = (challenger.home / "golden" / "expected.csv").read_text().splitlines()
    assert len({line.split(",")[1] for line in lines}) > 100


def test_a_worse_model_says_by_how_much(churn: Run, weak: Path, challenger: Run) -> None:
    (challenger.home / "artifact").unlink()
    (challenger.home / "artifact").mkdir()
    shutil.copyfile(weak, challenger.home / "artifact" / "model.tar.gz")
    found = evaluated(challenger, churn.home / "artifact" / "model.tar.gz")
    gap = found["champion"]["differences"]["auc"]

    assert found["champion"]["verdict"] == "worse"
    assert gap["high"] < 0
    assert found["challenge"]["shortfall"] == -gap["value"] > 0.05
    assert found["challenge"]["summary"].startswith(
        f"auc {found['metrics']['auc']:.4f} against 0.9"
    )
    assert "of version 3 on the same 500 test rows" in found["challenge"]["summary"]


def test_a_table_that_grew_is_not_tested_on_what_the_champion_has_learnt(
    churn: Run, churn_csv: Path, tmp_path: Path
) -> None:
    more, grown = tmp_path / "more.csv", tmp_path / "grown.csv"
    telecom.write(more, rows=2500, seed=8)
    # The new rows come first: it is not their place that decides.
    header, *old = churn_csv.read_text().splitlines()
    grown.write_text("\n".join([header, *more.read_text().splitlines()[1:], *old]) + "\n")
    run = new_run(tmp_path / "run")
    run.all(grown)
    found = evaluated(run, churn.home / "artifact" / "model.tar.gz")

    learnt = set((churn.home / "train" / "rows.csv").read_text().splitlines())
    assert not learnt & set((run.home / "test" / "rows.csv").read_text().splitlines())
    assert found["champion"]["verdict"] != "worse"


def test_without_a_champion_the_run_is_the_first(challenger: Run) -> None:
    found = evaluated(challenger, None, "none")

    assert "champion" not in found
    assert found["challenge"]["verdict"] == "first"
    assert found["challenge"]["shortfall"] == 0.0


def repacked(run: Run, tmp_path: Path, change: Any) -> Path:
    """Return the model's archive after `change` was made in its folder."""
    other = new_run(tmp_path / "other")
    shutil.copytree(run.home / "model", other.home / "model")
    change(other.home / "model")
    other.pack()
    return other.home / "artifact" / "model.tar.gz"


def _other_xgboost(model: Path) -> None:
    saved = (model / "model.ubj").read_bytes()
    at = saved.rfind(b"version[#L") + len(b"version[#L") + 8
    (model / "model.ubj").write_bytes(saved[:at] + b"i\x03i\x01i\x00" + saved[at + 6 :])


def _other_column(model: Path) -> None:
    text = (model / "features.json").read_text()
    (model / "features.json").write_text(text.replace('"Day Mins"', '"Minutes"'))


def _broken_code(model: Path) -> None:
    (model / "code" / "inference.py").write_text("import a_module_that_is_not_there\n")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_other_xgboost, "model.ubj was saved by xgboost 3.1.0, this container runs 3.0.5"),
        (_other_column, "the table has no column 'Minutes' any more"),
        (_broken_code, "its own code fails: ModuleNotFoundError"),
        (lambda model: (model / "features.json").unlink(), "no features.json of Slipway"),
    ],
)
def test_a_champion_that_cannot_be_asked_is_said_and_stops_nothing(
    churn: Run, challenger: Run, tmp_path: Path, change: Any, why: str
) -> None:
    found = evaluated(challenger, repacked(churn, tmp_path, change))

    assert found["champion"]["version"] == 3
    assert found["champion"]["verdict"].startswith("not comparable: ")
    assert why in found["champion"]["verdict"]
    assert found["champion"]["differences"] == {}
    assert found["challenge"]["shortfall"] == 0.0
    assert found["metrics"]["auc"] > 0.9


def test_a_champion_whose_file_is_gone_is_said(challenger: Run) -> None:
    found = evaluated(challenger, None, "7")

    assert found["champion"]["version"] == 7
    assert found["challenge"]["summary"] == (
        "not comparable: its model.tar.gz is not in the bucket of this stack"
    )


def test_the_weighted_figures_are_those_of_the_repeated_rows() -> None:
    compared = ask_image(
        """
import json
import numpy as np, metrics, paired
draw = np.random.RandomState(1)
y = (draw.rand(300) < 0.2).astype(float)
s = (draw.rand(300) * 0.6 + y * 0.3).round(1)  # many ties
rows = draw.randint(0, 300, (20, 300))
counts = np.stack([np.bincount(row, minlength=300) for row in rows]).astype(float)
print(json.dumps([
    [list(paired.auc(y, s)(counts)), [metrics.auc(y[row], s[row]) for row in rows]],
    [list(paired.average_precision(y, s)(counts)),
     [metrics.average_precision(y[row], s[row]) for row in rows]],
    [list(paired.rmse(y, s)(counts)),
     [float(np.sqrt(np.mean((y[row] - s[row]) ** 2))) for row in rows]],
]))
"""
    )

    for ours, theirs in compared:
        assert ours == pytest.approx(theirs, abs=1e-12)


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    hits, again = ask_image(
        """
import json
import numpy as np, paired
draw = np.random.RandomState(3)
hits = 0
for _ in range(100):
    y = (draw.rand(400) < 0.3).astype(float)
    a, b = (y + draw.normal(0, 1.5, 400) for _ in "ab")  # two models that are equally good
    gap = paired.difference(paired.auc(y, a), paired.auc(y, b), 400, rounds=200)
    hits += gap["low"] <= 0 <= gap["high"]
first, second = (paired.difference(paired.auc(y, a), paired.auc(y, b), 400) for _ in "12")
print(json.dumps([hits, first == second]))
"""
    )

    assert 88 <= hits <= 100
    assert again
