"""Step Evaluate: judge the packed model on unseen rows, as the endpoint would answer.

The model is taken out of model.tar.gz and asked through its own code/inference.py, raw rows in and
text out, so that the golden scores are what a healthy endpoint must answer.

In:  --model (model.tar.gz), --train, --test (rows of preprocess), --champion (model.tar.gz of the
version that is live, or nothing to unpack), --champion-version. Out: --evaluation
(evaluation.json, report.json), --golden (requests.csv, expected.csv, golden.json).
"""

import csv
import hashlib
import importlib
import io
import json
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import champion
import container
import explain
import numpy as np
import report
import settings as project
from baseline import linear_scores
from container import StepError
from rows import read_part
from settings import BINARY


def ask(folder: Path, requests: str) -> tuple[list[str], Any]:
    """Return (one score per line as the endpoint writes it, the loaded model)."""
    sys.path.insert(0, str(folder / "code"))
    for name in ("features", "booster", "inference"):  # the model's own copies, not this step's
        sys.modules.pop(name, None)
    inference = importlib.import_module("inference")
    try:
        model = inference.model_fn(str(folder))
        body, _ = inference.transform_fn(model, requests, "text/csv", "text/csv")
    except Exception as error:
        if type(error).__name__ in ("ModelVersionError", "RefusedError"):
            raise StepError(f"the model cannot be served: {error}") from error
        raise
    return body.decode().splitlines(), model


def judge(labels: Any, scores: Any, encoder: dict[str, Any], rounds: int = 200) -> dict[str, Any]:
    """Return the evaluation in SageMaker's model-quality JSON; `rounds` as in report.binary."""
    if encoder["problem"] == BINARY:
        threshold = encoder["training"]["validation"]["threshold"]
        return report.binary(labels, scores, threshold, rounds)
    return report.regression(labels, scores, rounds)


def figures(evaluation: dict[str, Any]) -> dict[str, float]:
    """Return {name: value} of the single figures in an evaluation."""
    kind = next(key for key in evaluation if key.endswith("_metrics"))
    return {name: entry["value"] for name, entry in evaluation[kind].items() if "value" in entry}


def compare(
    paths: Any, settings: dict[str, Any], encoder: dict[str, Any], truth: Any, rows: list[list[str]]
) -> Callable[[Any, dict[str, float]], dict[str, Any]]:
    """Ask the champion; return what gives the report's part about it, once ours are known.

    It is asked first, because a model's code stays imported: the last one must be the challenger's.
    """
    rules, version = settings["challenge"], paths.champion_version
    challenge = {**rules, "shortfall": 0.0}
    if version in ("", champion.NONE):
        summary = "there is no version to compare with: this is the first"
        return lambda *_: {"challenge": {**challenge, "verdict": "first", "summary": summary}}
    known = {"version": int(version) if version.isdigit() else version}
    try:
        with tempfile.TemporaryDirectory() as folder:
            theirs, their_encoder = champion.scores(
                paths.champion, Path(folder), encoder, rows, _ask_rows
            )
    except champion.NotComparableError as error:
        why = f"not comparable: {error}"
        return lambda *_: {
            "champion": {**known, "metrics": {}, "differences": {}, "verdict": why},
            "challenge": {**challenge, "verdict": "not comparable", "summary": why},
        }
    metrics = figures(judge(truth, theirs, their_encoder, 0))

    def part(ours: Any, our_metrics: dict[str, float]) -> dict[str, Any]:
        gaps = champion.differences(truth, ours, theirs, encoder["problem"])
        verdict, shortfall = champion.decide(gaps, rules["margin"])
        summary = champion.summary(version, gaps, our_metrics, metrics, len(truth))
        same = their_encoder["data"]["digest"] == encoder["data"]["digest"]
        about = {"metrics": metrics, "differences": gaps, "verdict": verdict, "same_data": same}
        return {
            "champion": {**known, **about},
            "challenge": {
                **challenge, "verdict": verdict, "shortfall": shortfall, "summary": summary
            },
        }  # fmt: skip

    return part


def _ask_rows(folder: Path, rows: list[list[str]]) -> tuple[Any, dict[str, Any]]:
    answers, model = ask(folder, _csv_text(rows))
    return np.array([float(answer) for answer in answers]), model.encoder


def _write(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = content if isinstance(content, str) else json.dumps(content, indent=1)
    path.write_text(text, encoding="utf-8")


def _csv_text(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def write_golden(
    folder: Path,
    labels: list[float],
    rows: list[list[str]],
    answers: list[str],
    encoder: dict[str, Any],
    rules: dict[str, Any],
) -> None:
    """Write the golden set: raw requests, and the label and the score of each, in one order.

    `rules` is the section `evaluation` of the settings: how many rows, and which segments of them.
    """
    most = rules["golden_rows"]
    labels, rows, answers = labels[:most], rows[:most], answers[:most]
    requests = _csv_text(rows)
    expected = "".join(
        f"{label:.9g},{answer}\n" for label, answer in zip(labels, answers, strict=True)
    )
    truth, scores = np.array(labels), np.array([float(answer) for answer in answers])
    evaluation = judge(truth, scores, encoder, 0)

    def part(at: Any) -> dict[str, Any]:
        found = figures(judge(truth[at], scores[at], encoder, 0))
        return {"at": np.nonzero(at)[0].tolist(), **found}

    golden = {
        "rows": len(rows),
        "content_type": "text/csv",
        "columns": [column["name"] for column in encoder["columns"]],
        "problem": encoder["problem"],
        "metrics": figures(evaluation),
        "segments": explain.segments(truth, rows, encoder, rules["segments"], part),
        "requests_sha256": _sha256(requests.encode()),
        "expected_sha256": _sha256(expected.encode()),
    }
    _write(folder / "requests.csv", requests)
    _write(folder / "expected.csv", expected)
    _write(folder / "golden.json", golden)


def main() -> None:
    """Evaluate the model of the container."""
    settings = project.load(__file__)
    paths = container.paths(
        "Evaluate the packed model on the test rows.",
        model="/opt/ml/processing/input/model",
        train="/opt/ml/processing/input/train",
        test="/opt/ml/processing/input/test",
        evaluation="/opt/ml/processing/output/evaluation",
        golden="/opt/ml/processing/output/golden",
        champion="/opt/ml/processing/input/champion",
    )
    archive = (paths.model / "model.tar.gz").read_bytes()
    labels, rows = read_part(paths.test)
    requests = _csv_text(rows)
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            tar.extractall(folder)
        encoder = json.loads((Path(folder) / "features.json").read_text(encoding="utf-8"))
        truth = np.array(labels)
        versus = compare(paths, settings, encoder, truth, rows)
        answers, model = ask(Path(folder), requests)
    scores = np.array([float(answer) for answer in answers])
    evaluation = judge(truth, scores, encoder)
    _write(paths.evaluation / "evaluation.json", evaluation)
    extras = {
        **_origin(encoder, archive),
        "gate": settings["gate"],
        "metrics": figures(evaluation),
        **versus(scores, figures(evaluation)),
        "baseline": _baseline(paths.train, truth, rows, encoder),
        "importances": explain.importances(model, requests, encoder),
        "segments": explain.segments(
            truth,
            rows,
            encoder,
            settings["evaluation"]["segments"],
            lambda at: figures(judge(truth[at], scores[at], encoder, 0)),
        ),
    }
    _write(paths.evaluation / "report.json", extras)
    write_golden(paths.golden, labels, rows, answers, encoder, settings["evaluation"])
    for name in settings["gate"]:
        print(f"test:{name}={extras['metrics'][name]:.6f}")
    print(f"champion: {extras['challenge']['summary']}")


def _origin(encoder: dict[str, Any], archive: bytes) -> dict[str, Any]:
    """Return what the report says about the model file and the data behind it."""
    training = encoder["training"]
    return {
        "format": 1,
        "problem": encoder["problem"],
        "model_sha256": _sha256(archive),
        "rows": encoder["rows"],
        "data": encoder["data"],
        "threshold": training["validation"].get("threshold"),
        "threshold_chosen_on": "validation",
        "tree_method": training["tree_method"],
        "xgboost_version": training["xgboost_version"],
        "hyperparameters": training["hyperparameters"],
        "rounds": training["rounds"],
    }


def _baseline(
    train: Path, labels: Any, rows: list[list[str]], encoder: dict[str, Any]
) -> dict[str, Any]:
    """Return what no model and a linear model reach on the same test rows."""
    known, train_rows = read_part(train)
    linear = linear_scores(encoder, known, train_rows, rows)
    if encoder["problem"] == BINARY:
        from metrics import auc, average_precision

        share = float(np.mean(labels))
        return {
            "always_negative": {"accuracy": 1 - share, "f1": 0.0, "auc": 0.5},
            "linear": {
                "auc": auc(labels, linear),
                "average_precision": average_precision(labels, linear),
            },
        }
    mean = np.full(len(labels), float(np.mean(known)))
    return {
        "mean": figures(report.regression(labels, mean, 0)),
        "linear": figures(report.regression(labels, linear, 0)),
    }


if __name__ == "__main__":
    sys.exit(container.run(main, container.message_file()))
