"""Run a project's step scripts one after another, as a person would by hand: no cloud at all.

    python -m bench.by_hand --data churn.csv [--project churn] [--keep folder]

Each script gets the folders, arguments and environment that its container would give it, below a
temporary folder in place of /opt/ml. Prints what each step took; the loop's bench divides by it.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from pipeline_def import project as projects

ROOT = Path(__file__).parent.parent
IMAGE_PYTHON = Path(
    os.environ.get("SLIPWAY_IMAGE_PYTHON", ROOT / ".slipway" / "venv" / "image" / "bin" / "python")
)


class StepFailedError(Exception):
    """A step ended with another code than 0; the text is the sentence that it left."""


@dataclass
class Run:
    """Where a run by hand keeps its files, and the seconds of each step."""

    home: Path
    project: projects.Project
    python: Path = IMAGE_PYTHON
    seconds: dict[str, float] = field(default_factory=dict)

    def step(self, code: str, script: str, arguments: list[str], **env: str) -> None:
        """Run one script with its settings beside it; raise StepFailedError with its message."""
        folder = self._pack(code)
        output = self.home / "output"
        started = time.perf_counter()
        done = subprocess.run(
            [str(self.python), str(folder / script), *arguments],
            env={"PATH": os.environ["PATH"], "SM_OUTPUT_DIR": str(output), **env},
            capture_output=True,
            text=True,
            check=False,
        )
        self.seconds[script.removesuffix(".py")] = time.perf_counter() - started
        if done.returncode:
            left = [output / name for name in ("message", "failure") if (output / name).exists()]
            raise StepFailedError(left[0].read_text() if left else done.stderr)

    def _pack(self, code: str) -> Path:
        folder = self.home / "code" / code
        folder.mkdir(parents=True, exist_ok=True)
        _, scripts, _ = projects.CODE[code]
        for script in scripts:
            shutil.copyfile(ROOT / projects.STEPS_FOLDER / script, folder / script)
        settings = json.dumps(self.project.settings(code))
        (folder / "settings.json").write_text(settings, encoding="utf-8")
        return folder

    def check(self, data: Path) -> None:
        """Run CheckData on one file."""
        folder = self.home / "data"
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(data, folder / data.name)
        self.step(
            "CheckDataCode", "check_data.py", self._folders(data="data", statistics="statistics")
        )

    def preprocess(self) -> None:
        """Run Preprocess."""
        names = {name: name for name in ("data", "train", "validation", "test")}
        self.step("PreprocessCode", "preprocess.py", self._folders(**names))

    def train(self) -> None:
        """Run Train, and pack the model as SageMaker does."""
        model = self.home / "model"
        arguments = [
            part
            for name, value in sorted(self.project.parameters["training"].items())
            for part in (f"--{name}", str(value))
        ]
        channels = {f"SM_CHANNEL_{n.upper()}": str(self.home / n) for n in ("train", "validation")}
        self.step("TrainCode", "train.py", arguments, SM_MODEL_DIR=str(model), **channels)
        self.pack()

    def pack(self) -> None:
        """Make model.tar.gz of what Train left."""
        (self.home / "artifact").mkdir(exist_ok=True)
        with tarfile.open(self.home / "artifact" / "model.tar.gz", "w:gz") as tar:
            tar.add(self.home / "model", arcname=".")

    def evaluate(self, *champion: str) -> None:
        """Run Evaluate; `champion` are its arguments about the version to compare with."""
        names = {name: name for name in ("train", "test", "evaluation", "golden")}
        folders = self._folders(model="artifact", **names)
        self.step("EvaluateCode", "evaluate.py", [*folders, *champion])

    def _folders(self, **names: str) -> list[str]:
        return [part for name, to in names.items() for part in (f"--{name}", str(self.home / to))]

    def all(self, data: Path) -> dict[str, float]:
        """Run the four steps; return the test figures."""
        self.check(data)
        self.preprocess()
        self.train()
        self.evaluate()
        report = json.loads((self.home / "evaluation" / "report.json").read_text())
        figures: dict[str, float] = report["metrics"]
        return figures


def main() -> int:
    """Run the steps as the command line asks."""
    parser = argparse.ArgumentParser(description="Run the step scripts one after another.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--project", default="churn")
    parser.add_argument("--keep", type=Path, help="folder for what the steps write")
    options = parser.parse_args()
    project = projects.load(ROOT / "pipeline_def" / options.project)
    home = options.keep or Path(tempfile.mkdtemp(prefix="by-hand-"))
    run = Run(home, project)
    try:
        figures = run.all(options.data)
    except StepFailedError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        if not options.keep:
            shutil.rmtree(home)
    for name, seconds in run.seconds.items():
        print(f"{name:<12} {seconds:6.2f} s")
    print(f"{'all':<12} {sum(run.seconds.values()):6.2f} s")
    print(json.dumps({name: round(value, 4) for name, value in figures.items()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
