"""How long from a push to a verified production, and how long the same scripts take by hand.

    make bench          (or: python -m bench.loop [--data churn.csv] [--runs 3])

Both are measured in one run, alternately, each loop on a fresh local cloud so that no step comes
from the cache; a reviewer answers each mail at once. Prints the machine, both times, their ratio
and where the rest goes, hop by hop.
"""

from __future__ import annotations

import argparse
import io
import math
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import by_hand, served
from bench.processes import cpu_seconds
from localcloud import cloud as clouds
from localcloud import report
from localcloud.application import Application, bring_up, checked_table, generated_table
from localcloud.journey import Journey, approval_of, follow
from localcloud.reviewer import link_in, open_page, press
from localcloud.timeline import Timeline
from localcloud.watch import Span, inbox
from pipeline_def import project as projects

ROWS = 5000
SEED = 7
AIM = 1.5
_LIMIT_SECONDS = 300
_LOOK_SECONDS = 0.1
_ALIKE = {
    "CheckData": "check_data",
    "Preprocess": "preprocess",
    "Train": "train",
    "Evaluate": "evaluate",
    "Deploy To Staging": "serve",
    "Test Staging": "staging test",
}


class NotReleasedError(Exception):
    """The commit did not reach production; the subject of the mail that says so."""


@dataclass(frozen=True)
class Measured:
    """One alternation: seconds by hand per script, and the loop's hops with their times."""

    hand: dict[str, float]
    hops: list[Span]
    hand_cpu: float = math.nan
    loop_cpu: float = math.nan

    @property
    def hand_seconds(self) -> float:
        """All scripts, one after another."""
        return sum(self.hand.values())

    @property
    def loop_seconds(self) -> float:
        """From the beginning of the push to the end of Verify Production."""
        return self.hops[-1].end - self.hops[0].start


def by_hand_seconds(table: Path, home: Path) -> dict[str, float]:
    """Run the four scripts, serve the model and test it; the seconds of each."""
    project = projects.load(by_hand.ROOT / "pipeline_def" / "churn")
    run = by_hand.Run(home, project)
    run.all(table)
    began = time.perf_counter()
    artifact = home / "artifact" / "model.tar.gz"
    with served.serving(artifact, home / "served", run.python) as port:
        run.seconds["serve"] = time.perf_counter() - began
        began = time.perf_counter()
        said = served.staging_test(port, home, project)
        run.seconds["staging test"] = time.perf_counter() - began
    failed = [check["detail"] for check in said["checks"] if not check["passed"]]
    if failed:
        raise NotReleasedError(f"by hand: {failed[0]}")
    return run.seconds


def loop_hops(table: Path, home: Path) -> tuple[list[Span], float]:
    """Bring a fresh cloud up, push a commit and approve it twice.

    Returns the hops to production, and the processor seconds of the cloud in that time.
    """
    with clouds.start(home) as cloud:
        application = bring_up(cloud, table, home / "models")
        journey = follow(application, Timeline(time.time(), io.StringIO()))
        used = cpu_seconds(cloud.pid) or math.nan
        began = time.time()
        journey.commit = application.push("Measured")
        journey.spans.append(Span("git push", began, time.time()))
        _review_until_released(application, journey)
        used = (cpu_seconds(cloud.pid) or math.nan) - used
        _look_back(journey)
        return report.hops(journey), used


def _review_until_released(application: Application, journey: Journey) -> None:
    """Answer each question as soon as its mail is there; nothing else is asked of the cloud."""
    answered: set[str] = set()
    deadline = time.monotonic() + _LIMIT_SECONDS
    while time.monotonic() < deadline:
        for mail in inbox(application.cloud):
            link = link_in(mail["text"])
            if link and approval_of(link) not in answered:
                answered.add(approval_of(link))
                page = open_page(link)
                press(page, "decision", "approve", {"reason": "Measured", "name": "bench"})
                journey.spans.append(Span(f"review {len(answered)}", mail["time"], time.time()))
            elif "is in production" in mail["text"]:
                return
            elif any(word in mail["subject"].lower() for word in ("failed", "refused", "not met")):
                raise NotReleasedError(mail["subject"])
        time.sleep(_LOOK_SECONDS)
    raise NotReleasedError(f"nothing was released within {_LIMIT_SECONDS} s")


def _look_back(journey: Journey) -> None:
    journey.watcher.poll(0)
    found = (event["detail"].get("pipelineExecutionArn") for event in journey.watcher.events)
    journey.pipeline = next((arn for arn in found if arn), "")


def measure(table: Path, runs: int) -> list[Measured]:
    """Measure both ways `runs` times, alternately; says how far it is."""
    found = []
    for run in range(1, runs + 1):
        folder = Path(tempfile.mkdtemp(prefix="slipway-bench-"))
        try:
            used = cpu_seconds(os.getpid()) or math.nan
            hand = by_hand_seconds(table, folder / "hand")
            used = (cpu_seconds(os.getpid()) or math.nan) - used
            hops, loop_used = loop_hops(table, folder / "cloud")
            measured = Measured(hand, hops, used, loop_used)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        found.append(measured)
        print(
            f"run {run}: by hand {measured.hand_seconds:.2f} s, loop {measured.loop_seconds:.2f} s",
            file=sys.stderr,
            flush=True,
        )
    return found


def lines(found: Sequence[Measured], rows: int) -> list[str]:
    """The result for a person. The hops are those of the median run."""
    ratios = sorted(one.loop_seconds / one.hand_seconds for one in found)
    typical = sorted(found, key=lambda one: one.loop_seconds / one.hand_seconds)[len(found) // 2]
    load = os.getloadavg()[0]
    return [
        f"machine   {os.cpu_count()} CPUs, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, load {load:.1f} at the end",
        f"command   {' '.join(['python -m bench.loop', *sys.argv[1:]])}",
        f"table     {rows} rows; {len(found)} runs, alternately; hops of the median run",
        "",
        f"by hand   {_middle([one.hand_seconds for one in found])}",
        f"loop      {_middle([one.loop_seconds for one in found])}   push to verified production",
        f"ratio     {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}); "
        f"the aim is {AIM}",
        f"cpu       {_middle([one.hand_cpu for one in found])}   by hand",
        f"cpu       {_middle([one.loop_cpu for one in found])}   loop, the cloud's processes",
        "",
        "    begins   between       hop   by hand",
        *_hop_lines(typical),
        "",
        "between: from the end of the hop before. Caveats: one process plays all of AWS and shares "
        "the",
        "cores with the jobs; on AWS each job waits minutes for its machine. Verify Production and",
        "Deploy To Production have no counterpart by hand.",
    ]


def _middle(seconds: list[float]) -> str:
    low, high = min(seconds), max(seconds)
    return f"{statistics.median(seconds):6.2f} s ({low:.2f} to {high:.2f})"


def _hop_lines(measured: Measured) -> list[str]:
    zero = measured.hops[0].start
    at = zero
    shown = []
    for hop in sorted(measured.hops, key=lambda hop: (hop.start, hop.end)):
        between = max(0.0, hop.start - at)
        hand = measured.hand.get(_ALIKE.get(hop.name, ""))
        beside = "" if hand is None else f"{hand:8.2f}"
        start = hop.start - zero
        shown.append(f"{start:8.2f} s {between:9.2f} {hop.seconds:9.2f}  {beside:>8}  {hop.name}")
        at = max(at, hop.end)
    return shown


def main() -> int:
    """Measure and print. Returns 0; 1 when a run does not reach production."""
    parser = argparse.ArgumentParser(description="Measure the loop against its scripts by hand.")
    parser.add_argument("--data", type=Path, help="the table to train on (default: generated)")
    parser.add_argument("--rows", type=int, default=ROWS, help="rows of the generated table")
    parser.add_argument("--runs", type=int, default=3, help="how often both are measured")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="slipway-bench-") as folder:
        table = options.data or generated_table(Path(folder), options.rows, SEED)
        rows = sum(1 for _ in checked_table(table).open("rb")) - 1
        try:
            found = measure(table, options.runs)
        except (NotReleasedError, by_hand.StepFailedError) as error:
            print(f"bench: {error}", file=sys.stderr)
            return 1
    print("\n".join(lines(found, rows)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
