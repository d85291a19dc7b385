"""The settings that a project may give to XGBoost are those that this XGBoost takes."""

import warnings

import numpy as np
import pytest
import xgboost

from pipeline_def.checking import XGBOOST

#: Of one kind of booster or objective: another one does not use them.
NEEDS = {
    "huber_slope": {"objective": "reg:pseudohubererror"},
    "quantile_alpha": {"objective": "reg:quantileerror"},
    "tweedie_variance_power": {"objective": "reg:tweedie"},
    "normalize_type": {"booster": "dart"},
    "one_drop": {"booster": "dart"},
    "rate_drop": {"booster": "dart"},
    "sample_type": {"booster": "dart"},
    "skip_drop": {"booster": "dart"},
}
VALUES = {
    "booster": "gbtree", "device": "cpu", "eval_metric": "rmse", "grow_policy": "lossguide",
    "interaction_constraints": "[[0, 1]]", "max_bin": 64, "monotone_constraints": "(1,0)",
    "multi_strategy": "one_output_per_tree", "objective": "reg:squarederror", "alpha": 0.1,
    "process_type": "default", "quantile_alpha": 0.5, "sampling_method": "uniform",
    "tree_method": "hist", "updater": "grow_quantile_histmaker",
    "normalize_type": "tree", "sample_type": "uniform", "tweedie_variance_power": 1.5,
}  # fmt: skip


def complaints(name: str) -> list[str]:
    """Return what XGBoost says when it is given a parameter; [] if it takes and uses it."""
    table = xgboost.DMatrix(np.arange(40.0).reshape(20, 2), label=np.arange(20) % 3)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        xgboost.train({name: VALUES.get(name, 1), **NEEDS.get(name, {})}, table, 1)
    return [str(one.message) for one in said if "are not used" in str(one.message)]


@pytest.mark.parametrize("name", sorted(XGBOOST))
def test_xgboost_takes_what_a_project_may_set(name: str) -> None:
    assert complaints(name) == []


def test_xgboost_only_warns_of_a_name_that_it_does_not_know() -> None:
    assert "max_dept" in complaints("max_dept")[0]
