"""`make demo`: the whole loop on this machine, each part real; it stops everything at its end."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from localcloud import cloud as clouds
from localcloud import logs, report, tampering
from localcloud.application import Application, bring_up, customers, predict
from localcloud.cloud import REPOSITORY
from localcloud.journey import Journey, JourneyError, follow
from localcloud.timeline import Timeline
from localcloud.watch import Fact

STATE = Path(os.environ.get("SLIPWAY_STATE", REPOSITORY / ".slipway"))
CLOUDS = STATE / "cloud"
REPORT = STATE / "report.json"
PAGES = STATE / "pages"
_KEPT_RUNS = 3
_SECOND_ACT = """
Production serves. Now somebody changes a model's file after its evaluation, and approves it in the
registry, past every page.
"""


def run(table: Path | None) -> int:
    """Show one commit's way to production. Returns 0, or 1 when it does not get there."""
    _forget_old_runs()
    _end_like_ctrl_c()
    home = CLOUDS / time.strftime("demo-%Y%m%d-%H%M%S")
    began = time.time()
    print("Starting a local cloud ...", flush=True)
    with clouds.start(home) as cloud:
        print(f"Deploying template.yaml to {cloud.endpoint_url} ...", flush=True)
        application = bring_up(cloud, table, home / "models")
        print(f"Ready after {time.time() - began:.1f} s. Now a commit is pushed.\n", flush=True)
        outcome = _journey(application)
        if not outcome["ok"]:
            outcome["errors"] = logs.save(cloud, home / "logs")
    _write(outcome)
    if not outcome["ok"]:
        _say_failure(outcome, home)
        return 1
    written = f"Written to {_shown(REPORT)}; the pages that were opened to {_shown(PAGES)}/."
    print("\n".join(["", *report.lines(outcome), "", written]))
    return 0


def _journey(application: Application) -> dict[str, Any]:
    journey = follow(application, Timeline(time.time()))
    try:
        journey.run("Train on the customers of this month")
        outcome = report.build(journey, _ask_production(journey))
        print(_SECOND_ACT, flush=True)
        refusal = tampering.attempt(journey)
        _keep_pages(journey.pages)
        return outcome | {"refused": vars(refusal), "timeline": report.timeline(journey)}
    except JourneyError as error:
        return report.failure(journey, error.hop, error.reason)


def _ask_production(journey: Journey) -> list[dict[str, Any]]:
    rows = customers(journey.application)
    began = time.time()
    scores = predict(journey.application, rows)
    said = f"invoke_endpoint answered for {len(scores)} customers in {time.time() - began:.2f} s"
    journey.timeline.add([Fact(time.time(), "predict", said)])
    return [{"customer": row, "score": score} for row, score in zip(rows, scores, strict=True)]


def _say_failure(outcome: dict[str, Any], home: Path) -> None:
    print(f"\nslipway: failed at {outcome['failed_hop']}: {outcome['reason']}", file=sys.stderr)
    for mail in outcome["mails"]:
        print(f"slipway: mail to {', '.join(mail['to'])}: {mail['subject']}", file=sys.stderr)
    for error in outcome["errors"][-3:]:
        print(f"slipway: log: {error}", file=sys.stderr)
    print(f"slipway: logs are in {_shown(home)}/logs", file=sys.stderr)


def _write(outcome: dict[str, Any]) -> None:
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps(outcome, indent=2, ensure_ascii=False) + "\n")


def _keep_pages(pages: Mapping[str, str]) -> None:
    """Keep what the reviewer saw, for a browser; the buttons end with the cloud."""
    shutil.rmtree(PAGES, ignore_errors=True)
    PAGES.mkdir(parents=True)
    for number, (title, html) in enumerate(pages.items(), 1):
        words = "-".join(re.findall(r"[a-z0-9]+", title.partition("?")[0].lower()))
        (PAGES / f"{number}-{words}.html").write_text(html)


def _forget_old_runs() -> None:
    """Keep the records of a few runs; never those of one that still runs."""
    runs = sorted(CLOUDS.glob("demo-*"))
    for old in runs[: -_KEPT_RUNS or None]:
        if clouds.attach(old) is None:
            shutil.rmtree(old, ignore_errors=True)


def _end_like_ctrl_c() -> None:
    """SIGTERM stops everything too: the same way out as Ctrl-C."""

    def stop(_number: int, _frame: Any) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _shown(path: Path) -> str:
    return str(path.relative_to(REPOSITORY)) if path.is_relative_to(REPOSITORY) else str(path)
