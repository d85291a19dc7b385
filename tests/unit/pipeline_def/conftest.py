"""The step scripts import each other as flat modules, as they lie in a container."""

import sys
from pathlib import Path

STEPS = Path(__file__).parents[3] / "pipeline_def" / "steps"

if str(STEPS) not in sys.path:
    sys.path.append(str(STEPS))
