"""What every step does at its edges: run, and leave one sentence where SageMaker looks.

SageMaker shows `/opt/ml/output/message` as a processing job's ExitMessage and
`/opt/ml/output/failure` as a training job's FailureReason. Both end up in the pipeline step's
FailureReason and in the mail.
"""

import argparse
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

LONGEST_MESSAGE = 1000  # SageMaker keeps 1,024 characters of either file


class StepError(Exception):
    """The step cannot go on; the text names the place and the mend, in one sentence."""


def run(step: Callable[[], None], report: Path) -> int:
    """Run `step`; return the exit code and, if it is not 0, write the reason to `report`."""
    try:
        step()
    except StepError as error:
        return _fail(str(error), report)
    except Exception as error:
        traceback.print_exc()
        return _fail(f"{type(error).__name__}: {error}", report)
    return 0


def _fail(message: str, report: Path) -> int:
    message = " ".join(message.split())[:LONGEST_MESSAGE]
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(message, encoding="utf-8")
    print(message, file=sys.stderr)
    return 1


def message_file() -> Path:
    """Return where a processing job leaves its exit message."""
    return Path(os.environ.get("SM_OUTPUT_DIR", "/opt/ml/output")) / "message"


def failure_file() -> Path:
    """Return where a training job leaves its failure reason."""
    return Path(os.environ.get("SM_OUTPUT_DIR", "/opt/ml/output")) / "failure"


def paths(description: str, **folders: str) -> argparse.Namespace:
    """Parse `--name folder` for each folder given, plus what every step may be told in words."""
    parser = argparse.ArgumentParser(description=description)
    for name, default in folders.items():
        parser.add_argument(f"--{name}", type=Path, default=Path(default))
    parser.add_argument("--data-digest", default="")
    parser.add_argument("--champion-version", default="")
    return parser.parse_args()
