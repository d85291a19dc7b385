"""Runs of the step scripts by the image's interpreter, shared by the tests of this folder."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bench.by_hand import IMAGE_PYTHON, ROOT, Run
from pipeline_def import project
from pipeline_def.datasets import telecom


def ask_image(program: str, *arguments: str) -> Any:
    """Run a program in the image's interpreter, beside the steps; return the JSON it prints."""
    done = subprocess.run(
        [str(IMAGE_PYTHON), "-c", program, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={
            "PYTHONPATH": str(ROOT / project.STEPS_FOLDER),
            "PYTHONDONTWRITEBYTECODE": "1",  # the run is shared: nothing may be added to it
        },
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def new_run(home: Path, name: str = "churn") -> Run:
    """Return a run by hand of a project in an empty folder."""
    return Run(home, project.load(ROOT / "pipeline_def" / name))


@pytest.fixture(scope="session")
def churn_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The table that the demo uses."""
    path = tmp_path_factory.mktemp("data") / "churn.csv"
    telecom.write(path, rows=5000, seed=7)
    return path


@pytest.fixture(scope="session")
def churn(tmp_path_factory: pytest.TempPathFactory, churn_csv: Path) -> Run:
    """All four steps of churn on the generated table. Tests must not change its files."""
    run = new_run(tmp_path_factory.mktemp("churn"))
    run.all(churn_csv)
    return run


SERVE = """
import importlib, json, sys
sys.path.insert(0, sys.argv[1] + "/code")
inference = importlib.import_module("inference")
content_type, body, accept = json.load(open(sys.argv[2]))
model = inference.model_fn(sys.argv[1])
try:
    answer, kind = inference.transform_fn(model, body, content_type, accept)
    print(json.dumps({"status": 200, "body": answer.decode(), "type": kind}))
except inference.RefusedError as error:
    print(json.dumps({"status": error.status_code, "body": error.reason}))
"""


def serve(run: Run, content_type: str, body: str, accept: str) -> Any:
    """Ask the packed model as the endpoint's server does; return {"status", "body", …}."""
    request = run.home / "request.json"
    request.write_text(json.dumps([content_type, body, accept]))
    return ask_image(SERVE, str(run.home / "model"), str(request))


def report(run: Run) -> Any:
    """Return report.json of a run."""
    return json.loads((run.home / "evaluation" / "report.json").read_text(encoding="utf-8"))
