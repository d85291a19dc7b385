"""How long a page takes while its function is warm: from the request to the last byte.

    make bench-pages          (or: python -m bench.pages [--runs 30] [--rows 1200])

One local cloud with the deployed stack and one version that waits for its promotion. Its review's
page, its promotion's page with all evidence, and the page of all releases are opened `--runs` times
each, one after the other, through the HTTP API. The first time, which starts the function, is apart
(bench/cold_start.py measures that). The exit code is 1 when a median is above the limit.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from localcloud import cloud as clouds
from localcloud.application import Application, bring_up, generated_table
from localcloud.journey import approval_of
from localcloud.reviewer import link_in, open_page, press
from localcloud.watch import inbox

LIMIT_MS = 150
SEED = 7
_DEADLINE_SECONDS = 180
_LOOK_SECONDS = 0.1
# The API answers 20 requests a second for long, and 429 to more.
_PAUSE_SECONDS = 0.06
Times = Mapping[str, Sequence[float]]


def measure(application: Application, runs: int) -> dict[str, list[float]]:
    """Milliseconds of each page, the first time in front."""
    application.push("A version to look at")
    review = _asked(application, "review-")
    press(open_page(review), "decision", "approve", {"reason": "Measured", "name": "bench"})
    pages = {
        "a review": review,
        "a promotion": _asked(application, "promotion-"),
        "all releases": application.release_page,
    }
    return {name: [_open(url) for _ in range(runs + 1)] for name, url in pages.items()}


def _asked(application: Application, kind: str) -> str:
    """The link of a question of this kind, once people were asked."""
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while time.monotonic() < deadline:
        for mail in inbox(application.cloud):
            link = link_in(mail["text"])
            if link and approval_of(link).startswith(kind):
                return link
        time.sleep(_LOOK_SECONDS)
    raise TimeoutError(f"nobody was asked for a {kind.rstrip('-')}")


def _open(url: str) -> float:
    time.sleep(_PAUSE_SECONDS)
    began = time.monotonic()
    open_page(url)
    return (time.monotonic() - began) * 1000


def slow(times: Times) -> list[str]:
    """The pages whose warm median is above the limit."""
    return [name for name, all_of in times.items() if statistics.median(all_of[1:]) > LIMIT_MS]


def lines(times: Times) -> list[str]:
    """The result for a person."""
    runs = min(len(all_of) for all_of in times.values()) - 1
    return [
        f"machine      {os.cpu_count()} CPUs, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, load {os.getloadavg()[0]:.1f} at the end",
        f"command      {' '.join(['python -m bench.pages', *sys.argv[1:]])}",
        f"limit        {LIMIT_MS} ms for the median of {runs} warm requests each",
        "",
        "page           median ms   slowest ms   first ms",
        *(
            f"{name:14} {statistics.median(warm):9.0f} {max(warm):12.0f} {first:10.0f}"
            for name, (first, *warm) in times.items()
        ),
        "",
        "Caveats: the local API, ledger and registry answer from this machine; AWS's take longer",
        "by their network, and its functions have another processor.",
    ]


def main() -> int:
    """Measure and print; 1 when a page is too slow."""
    parser = argparse.ArgumentParser(description="Measure how long a warm page takes.")
    parser.add_argument("--runs", type=int, default=30, help="requests of each page")
    parser.add_argument("--rows", type=int, default=1200, help="rows of the generated table")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="slipway-bench-") as folder:
        home = Path(folder)
        with clouds.start(home / "cloud") as cloud:
            table = generated_table(home / "table", options.rows, SEED)
            times = measure(bring_up(cloud, table, home / "models"), options.runs)
    print("\n".join(lines(times)))
    return int(bool(slow(times)))


if __name__ == "__main__":
    sys.exit(main())
