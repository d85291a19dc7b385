"""The report's importances are Shapley values: held against their definition, by enumeration.

xgboost computes them by an algorithm of its own (`pred_contribs`). Here each value is what the
definition says, over every subset of the features: what a tree is expected to say when the features
of the subset are known, and at any other split both ways count by their share of the training rows
(Lundberg et al., Consistent Individualized Feature Attribution for Tree Ensembles, algorithm 1).
"""

import math
import random
import shutil
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from bench.by_hand import ROOT, Run
from pipeline_def import project

from .conftest import ask_image, report

SETTINGS = """
problem: binary_classification
table:
  header: true
  delimiter: ","
  decimal: "."
  missing: [""]
  columns: { Spent: numeric, Age: numeric, Plan: categorical, Left: label }
label: { positive: ["yes"], negative: ["no"] }
checks: { min_rows: 100, min_rows_per_class: 20, max_missing_share: 0.3, max_duplicate_share: 0.5 }
split: { train: 0.7, validation: 0.15, seed: 1729, rare_category: 5 }
training:
  { objective: "binary:logistic", eval_metric: auc, tree_method: hist, num_round: 8, max_depth: 3,
    eta: 0.4, seed: 1729, nthread: 1, early_stopping_rounds: 8 }
gate: { auc: { min: 0.5 }, margin: 0.01 }
evaluation: { golden_rows: 500, segments: [Plan] }
"""
# The packed model's trees, and what it makes of each test row (this golden set has them all).
ASK = """
import csv, json, sys
from pathlib import Path
import numpy as np, booster, features
home = Path(sys.argv[1])
model = booster.load(home / "model" / "model.ubj")
encoder = json.loads((home / "model" / "features.json").read_text())
rows = list(csv.reader((home / "golden" / "requests.csv").open()))
matrix = np.array(features.encode(encoder, rows), dtype=np.float32)
data = booster.import_xgboost().DMatrix(matrix, feature_names=features.names(encoder))
config = json.loads(model.save_config())["learner"]["learner_model_param"]
score = float(config["base_score"].strip("[]"))
print(json.dumps({
    "columns": [one["column"] for one in encoder["features"]],
    "names": features.names(encoder),
    "rows": [[None if np.isnan(x) else float(x) for x in row] for row in matrix],
    "trees": [json.loads(t) for t in model.get_dump(with_stats=True, dump_format="json")],
    "base": float(np.log(score / (1 - score))),
    "margin": model.predict(data, output_margin=True).tolist(),
    "exact": model.predict(data, pred_contribs=True).tolist(),
    "approximate": model.predict(data, pred_contribs=True, approx_contribs=True).tolist(),
}))
"""
Row = dict[str, float | None]
Tree = dict[str, Any]


@dataclass(frozen=True)
class Explained:
    """A run of all steps, what its model says, and each row's values by the definition."""

    run: Run
    said: Any
    values: list[list[float]]


@pytest.fixture(scope="module", name="small")
def _small(tmp_path_factory: pytest.TempPathFactory) -> Explained:
    """Five features and a few shallow trees, from a table with missing values."""
    home = tmp_path_factory.mktemp("explain")
    folder = home / "pipeline_def" / "small"
    folder.mkdir(parents=True)
    (folder / "parameters.yaml").write_text(SETTINGS)
    shutil.copy(ROOT / "pipeline_def" / "stages.yaml", folder.parent)
    run = Run(home / "run", project.load(folder))
    run.all(_table(home / "small.csv"))
    said = ask_image(ASK, str(run.home))
    rows = [dict(zip(said["names"], row, strict=True)) for row in said["rows"]]
    return Explained(run, said, [shapley(said["trees"], row) for row in rows])


def _table(path: Path) -> Path:
    chance = random.Random(7)
    lines = ["Spent,Age,Plan,Left"]
    for _ in range(600):
        spent, age = chance.uniform(0, 100), chance.randint(18, 80)
        plan = chance.choice(["basic", "plus", "none"])
        odds = (spent - 50) / 12 + (2 if plan == "none" and age < 40 else -1)
        left = "yes" if chance.random() < 1 / (1 + math.exp(-odds)) else "no"
        lines.append(f"{spent:.1f},{'' if chance.random() < 0.1 else age},{plan},{left}")
    path.write_text("\n".join(lines) + "\n")
    return path


def expected(node: Tree, row: Row, known: frozenset[str]) -> float:
    """What a tree is expected to say of a row of which some features are known."""
    if "leaf" in node:
        return float(node["leaf"])
    ways = {child["nodeid"]: child for child in node["children"]}
    if node["split"] not in known:
        shares = [child["cover"] / node["cover"] for child in ways.values()]
        says = [expected(child, row, known) for child in ways.values()]
        return sum(share * said for share, said in zip(shares, says, strict=True))
    value = row[node["split"]]
    goes = "missing" if value is None else "yes" if value < node["split_condition"] else "no"
    return expected(ways[node[goes]], row, known)


def shapley(trees: list[Tree], row: Row) -> list[float]:
    """Each feature's Shapley value, from all subsets of the others, for the sum of the trees."""
    names, total = list(row), len(row)
    says = {
        frozenset(known): sum(expected(tree, row, frozenset(known)) for tree in trees)
        for size in range(total + 1)
        for known in combinations(names, size)
    }
    values = []
    for name in names:
        value = 0.0
        for known, said in says.items():
            if name not in known:
                weight = 1 / (total * math.comb(total - 1, len(known)))
                value += weight * (says[known | {name}] - said)
        values.append(value)
    return values


def means(values: list[list[float]], columns: list[str]) -> dict[str, float]:
    """Each column's mean |value|; the 0/1 features of a category are summed first."""
    found = {}
    for column in dict.fromkeys(columns):
        of_column = [at for at, name in enumerate(columns) if name == column]
        found[column] = sum(abs(sum(row[at] for at in of_column)) for row in values) / len(values)
    return found


def test_contributions_and_bias_add_up_to_the_margin(small: Explained, churn: Run) -> None:
    for said in (small.said, ask_image(ASK, str(churn.home))):
        assert len(said["exact"]) == len(said["margin"]) >= 60
        for row, margin in zip(said["exact"], said["margin"], strict=True):
            assert sum(row) == pytest.approx(margin, abs=1e-4)


def test_every_contribution_is_the_shapley_value_of_the_definition(small: Explained) -> None:
    said = small.said
    nothing = sum(expected(tree, {}, frozenset()) for tree in said["trees"]) + said["base"]
    assert len(said["names"]) == 5
    assert any(None in row for row in said["rows"])
    for row, values, margin in zip(said["exact"], small.values, said["margin"], strict=True):
        assert row == pytest.approx([*values, nothing], abs=1e-4)
        assert sum(values) + nothing == pytest.approx(margin, abs=1e-4)


def test_the_check_tells_shapley_values_from_what_merely_adds_up(small: Explained) -> None:
    """xgboost's approximation adds up to the margin as well, and is something else."""
    said = small.said
    for row, margin in zip(said["approximate"], said["margin"], strict=True):
        assert sum(row) == pytest.approx(margin, abs=1e-4)
    approximate = means([row[:-1] for row in said["approximate"]], said["columns"])
    assert approximate != pytest.approx(means(small.values, said["columns"]), abs=1e-3)


def test_the_reports_importances_are_the_means_of_those_values_in_order(small: Explained) -> None:
    found = report(small.run)["importances"]
    wanted = means(small.values, small.said["columns"])

    assert {one["column"]: one["mean_abs_shap"] for one in found} == pytest.approx(wanted, abs=1e-4)
    assert [one["column"] for one in found] == sorted(wanted, key=lambda name: -wanted[name])
    assert wanted.keys() == {"Spent", "Age", "Plan"}
