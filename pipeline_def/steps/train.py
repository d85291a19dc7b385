"""Step Train, in script mode: hyperparameters as `--name value`, channels and folders from SM_*.

Out, packed by SageMaker into model.tar.gz: model.ubj, features.json (the encoder and how the model
was made) and code/ (what the endpoint runs). The same rows and settings give the same bytes.
"""

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import container
import features
import metrics
import numpy as np
from booster import import_xgboost
from container import StepError
from rows import read_part
from settings import BINARY

SERVED = ("inference.py", "features.py", "booster.py")
NOT_XGBOOST = ("num_round", "early_stopping_rounds")


def hyperparameters(arguments: list[str]) -> dict[str, Any]:
    """Return {name: value} of `--name value …`; numbers are numbers, other values text."""
    if len(arguments) % 2 or any(not name.startswith("--") for name in arguments[::2]):
        raise StepError(f"hyperparameters must be pairs of --name value, not {arguments}")
    return {
        name[2:]: _value(text) for name, text in zip(arguments[::2], arguments[1::2], strict=True)
    }


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def fit(
    params: dict[str, Any], encoder: features.Encoder, train: Path, validation: Path
) -> tuple[Any, dict[str, Any]]:
    """Return (booster, how it was made): trained with early stopping on the validation part."""
    xgboost = import_xgboost()
    feature_names = features.names(encoder)
    sets = {}
    for name, folder in (("train", train), ("validation", validation)):
        labels, rows = read_part(folder)
        sets[name] = xgboost.DMatrix(
            np.array(features.encode(encoder, rows), dtype=np.float32),
            label=np.array(labels, dtype=np.float32),
            feature_names=feature_names,
            nthread=params.get("nthread"),
        )
    booster = xgboost.train(
        {name: value for name, value in params.items() if name not in NOT_XGBOOST},
        sets["train"],
        num_boost_round=params["num_round"],
        evals=[(sets["train"], "train"), (sets["validation"], "validation")],
        early_stopping_rounds=params.get("early_stopping_rounds"),
        verbose_eval=10,
    )
    last = (
        booster.best_iteration + 1
        if params.get("early_stopping_rounds")
        else booster.num_boosted_rounds()
    )
    booster = booster[:last]
    booster.feature_names = feature_names
    scores = booster.predict(sets["validation"])
    made = {
        "xgboost_version": xgboost.__version__,
        "tree_method": params["tree_method"],
        "hyperparameters": params,
        "rounds": last,
        "validation": _validate(encoder["problem"], sets["validation"].get_label(), scores),
    }
    return booster, made


def _validate(problem: str, labels: Any, scores: Any) -> dict[str, float]:
    """Return the validation part's figures, with the threshold of the best F1 for classes."""
    if problem != BINARY:
        return {"mse": float(np.mean((labels - scores) ** 2))}
    threshold = metrics.best_threshold(labels, scores)
    return {
        "auc": metrics.auc(labels, scores),
        "threshold": threshold,
        "f1": metrics.f1(labels, scores >= threshold),
    }


def main() -> None:
    """Train on the channels of the container."""
    params = hyperparameters(sys.argv[1:])
    model = Path(os.environ["SM_MODEL_DIR"])
    train, validation = (Path(os.environ[f"SM_CHANNEL_{name}"]) for name in ("TRAIN", "VALIDATION"))
    encoder = json.loads((train / "features.json").read_text(encoding="utf-8"))
    booster, made = fit(params, encoder, train, validation)
    (model / "code").mkdir(parents=True, exist_ok=True)
    booster.save_model(model / "model.ubj")
    content = json.dumps({**encoder, "training": made}, indent=1)
    (model / "features.json").write_text(content, encoding="utf-8")
    for name in SERVED:
        shutil.copyfile(Path(__file__).with_name(name), model / "code" / name)
    for name, value in made["validation"].items():
        print(f"validation:{name}={value:.6f}")
    print(f"xgboost {made['xgboost_version']}, {made['tree_method']}, {made['rounds']} rounds")


if __name__ == "__main__":
    sys.exit(container.run(main, container.failure_file()))
