"""What one release costs on AWS while nobody looks: transitions, invocations, billed time, price.

    make bench-release          (or: python -m bench.release [--rows 1200])

One local cloud with the deployed stack. The first commit goes to production, so that the second
one's release has something to replace: that one is measured, from the moment its reviewer is asked
to the end of its state machine, with the pages that are opened and the mails that are sent.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from localcloud import cloud as clouds
from localcloud.application import Application, bring_up, generated_table
from localcloud.journey import approval_of
from localcloud.reviewer import link_in, open_page, press
from localcloud.watch import inbox

# US dollars, list prices of us-east-1 without free tier, copied by hand on the day below.
# https://aws.amazon.com/step-functions/pricing/ (Standard), https://aws.amazon.com/lambda/pricing/
# (Arm, first tier), as stored copies of both pages quote them.
COPIED_ON = "2026-11-25"
REGION = "us-east-1"
PER_TRANSITION = 0.025 / 1000
PER_REQUEST = 0.20 / 1_000_000
PER_GB_SECOND = 0.0000133334

SEED = 7
_REPORT = re.compile(
    r"^REPORT RequestId: (\S+)\s.*Billed Duration: (\d+) ms\s+Memory Size: (\d+) MB", re.M
)
_TIME_SCALE = "0.01"
_LIMIT_SECONDS = 180
_LOOK_SECONDS = 0.1
T = TypeVar("T")


@dataclass(frozen=True)
class Usage:
    """What a function has done: invocations, billed milliseconds in all, and its memory in MB."""

    invocations: int
    billed_ms: int
    memory_mb: int

    @property
    def gb_seconds(self) -> float:
        """What is billed, times the memory."""
        return self.billed_ms / 1000 * self.memory_mb / 1024


@dataclass(frozen=True)
class Bill:
    """One release: the states that each machine entered, and what each function did."""

    transitions: Mapping[str, int]
    functions: Mapping[str, Usage]

    @property
    def prices(self) -> dict[str, float]:
        """US dollars by what they are for."""
        used = self.functions.values()
        return {
            "transitions": sum(self.transitions.values()) * PER_TRANSITION,
            "requests": sum(one.invocations for one in used) * PER_REQUEST,
            "duration": sum(one.gb_seconds for one in used) * PER_GB_SECOND,
        }


def usage(messages: Iterable[str]) -> dict[str, Usage]:
    """What each function did, by the lines that Lambda and the functions have logged.

    Lambda's REPORT says what is billed; the function's own lines say whose request it was.
    """
    names: dict[str, str] = {}
    reports: dict[str, tuple[int, int]] = {}
    for message in messages:
        if found := _REPORT.search(message):
            reports[found[1]] = (int(found[2]), int(found[3]))
        elif '"function_request_id"' in message:
            said = json.loads(message)
            names[said["function_request_id"]] = said["function_name"]
    used: dict[str, Usage] = {}
    for request, (billed, memory) in reports.items():
        name = names.get(request, "(wrote no line)")
        old = used.get(name, Usage(0, 0, memory))
        used[name] = Usage(old.invocations + 1, old.billed_ms + billed, memory)
    return used


def logged(application: Application, since: float) -> list[str]:
    """What was logged by the stack's functions since then."""
    cloud = application.cloud
    group = cloud.client("cloudformation").describe_stack_resource(
        StackName=_stack_of(application), LogicalResourceId="FunctionLogs"
    )["StackResourceDetail"]["PhysicalResourceId"]
    pages = (
        cloud.client("logs")
        .get_paginator("filter_log_events")
        .paginate(logGroupName=group, startTime=int(since * 1000))
    )
    return [event["message"] for page in pages for event in page["events"]]


def _stack_of(application: Application) -> str:
    arn = application.outputs["ReleaseStateMachineArn"]
    return arn.rpartition(":")[2].removesuffix("-release")


def transitions(application: Application, since: float) -> dict[str, int]:
    """The states that executions which began after `since` have entered, by machine."""
    states, found = application.cloud.client("stepfunctions"), {}
    for machine in ("Release", "DeployEndpoint"):
        arn = application.outputs[f"{machine}StateMachineArn"]
        for run in states.list_executions(stateMachineArn=arn)["executions"]:
            if run["startDate"].timestamp() < since:
                continue
            pages = states.get_paginator("get_execution_history").paginate(
                executionArn=run["executionArn"]
            )
            events = [event for page in pages for event in page["events"]]
            entered = sum("stateEnteredEventDetails" in event for event in events)
            found[f"{machine} {run['name']}"] = entered
    return found


def measure(application: Application) -> Bill:
    """Release two commits, and measure the second one's release."""
    known: set[str] = set()
    _to_production(application, "The first", known)
    link = _asked(application, "The second", known)
    _at_rest(application, 0)
    began = time.time()
    _press(link, known)
    _finish(application, known)
    messages = _at_rest(application, began)
    return Bill(transitions(application, began), usage(messages))


def _to_production(application: Application, message: str, known: set[str]) -> None:
    _press(_asked(application, message, known), known)
    _finish(application, known)


def _asked(application: Application, message: str, known: set[str]) -> str:
    application.push(message)
    return _until(lambda: _open_link(application, known), f"{message}: nobody was asked")


def _finish(application: Application, known: set[str]) -> None:
    _press(_until(lambda: _open_link(application, known), "no promotion was asked"), known)
    _until(lambda: _ended(application), "the release did not end")


def _open_link(application: Application, known: set[str]) -> str | None:
    links = (link_in(mail["text"]) for mail in inbox(application.cloud))
    return next((link for link in links if link and approval_of(link) not in known), None)


def _press(link: str, known: set[str]) -> None:
    known.add(approval_of(link))
    press(open_page(link), "decision", "approve", {"reason": "Measured", "name": "bench"})


def _ended(application: Application) -> bool:
    arn = application.outputs["ReleaseStateMachineArn"]
    listed = application.cloud.client("stepfunctions").list_executions(stateMachineArn=arn)
    return all(run["status"] == "SUCCEEDED" for run in listed["executions"])


def _at_rest(application: Application, since: float) -> list[str]:
    """What was logged, once no more comes to it: events arrive after what they tell of."""
    seen = [logged(application, since)]

    def still() -> list[str] | None:
        time.sleep(2.0)
        seen.append(logged(application, since))
        return seen[-1] if len(seen[-1]) == len(seen[-2]) else None

    return _until(still, "the functions do not come to rest")


def _until(probe: Callable[[], T | None], otherwise: str) -> T:
    deadline = time.monotonic() + _LIMIT_SECONDS
    while not (found := probe()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{otherwise} within {_LIMIT_SECONDS} s")
        time.sleep(_LOOK_SECONDS)
    return found


def lines(bill: Bill, rows: int) -> list[str]:
    """The result for a person."""
    prices, used = bill.prices, list(bill.functions.items())
    total_ms = sum(one.billed_ms for _, one in used)
    return [
        f"machine      {os.cpu_count()} CPUs, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, load {os.getloadavg()[0]:.1f} at the end",
        f"command      {' '.join(['python -m bench.release', *sys.argv[1:]])}",
        f"model        trained on {rows} rows; staging serverless, production a canary",
        "",
        f"transitions  {sum(bill.transitions.values()):6}   ${prices['transitions']:.6f}",
        *(f"             {count:6}   {name}" for name, count in sorted(bill.transitions.items())),
        f"invocations  {sum(one.invocations for _, one in used):6}   ${prices['requests']:.6f}",
        f"billed ms    {total_ms:6}   ${prices['duration']:.6f}",
        *(
            f"             {one.billed_ms:6}   {one.invocations} × {one.memory_mb} MB  {name}"
            for name, one in sorted(used, key=lambda item: -item[1].billed_ms)
        ),
        f"price        ${sum(prices.values()):.6f} a release, list prices of {REGION} copied on "
        f"{COPIED_ON}",
        "",
        "Caveats: milliseconds are this machine's, starts of processes included, and AWS's differ;",
        "a retry is a transition more. Not in it: endpoints, pipeline jobs, requests to DynamoDB,",
        "S3, EventBridge and the HTTP API, mails, logs and traces.",
    ]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure what a release costs.")
    parser.add_argument("--rows", type=int, default=1200, help="rows of the generated table")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="slipway-bench-") as folder:
        home = Path(folder)
        # A canary bakes for minutes on AWS; waiting costs nothing there, and seconds here.
        with clouds.start(home / "cloud", environment={"SLIPWAY_TIME_SCALE": _TIME_SCALE}) as cloud:
            table = generated_table(home / "table", options.rows, SEED)
            bill = measure(bring_up(cloud, table, home / "models"))
    print("\n".join(lines(bill, options.rows)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
