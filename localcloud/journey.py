"""One commit's way through the deployed stack: pushed, watched, reviewed; in production or why not.

It drives nothing but `git push` and the buttons of the approval pages; all else happens by itself.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from localcloud.application import Application
from localcloud.reviewer import ReviewError, link_in, open_page, press
from localcloud.timeline import Timeline
from localcloud.watch import Execution, Fact, Span, Watcher

_MACHINES = {
    "build": "BuildStateMachineArn",
    "release": "ReleaseStateMachineArn",
    "deploy": "DeployEndpointStateMachineArn",
}
_LIMIT_SECONDS = 600
_SILENCE_SECONDS = 60
_LAST_WORDS_SECONDS = 5


class JourneyError(Exception):
    """The commit did not reach production: in which hop, and why."""

    def __init__(self, hop: str, reason: str) -> None:
        super().__init__(f"{hop}: {reason}")
        self.hop = hop
        self.reason = reason


@dataclass
class Journey:
    """The state of one run. `spans` are the hops that belong to no service.

    `pages` are the approval pages that were opened, {title: HTML}.
    """

    application: Application
    timeline: Timeline
    watcher: Watcher
    commit: str = ""
    pipeline: str = ""
    spans: list[Span] = field(default_factory=list)
    answered: dict[str, float] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)

    def run(self, message: str) -> None:
        """Push a commit and follow it until it is in production. Raises JourneyError."""
        began = time.time()
        self.commit = self.application.push(message)
        self.spans.append(Span("git push", began, time.time()))
        self.timeline.add([Fact(time.time(), "commit", f"git push of {self.commit[:8]}")])
        self._until(self._is_released)

    def _until(self, done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _LIMIT_SECONDS
        heard = time.monotonic()
        while not done():
            facts = self.watcher.poll()
            self.timeline.add(facts)
            heard = time.monotonic() if facts else heard
            self._answer_mails()
            self._refuse_failures()
            if time.monotonic() > deadline or time.monotonic() - heard > _SILENCE_SECONDS:
                last = self.timeline.facts[-1]
                raise JourneyError(last.hop, f"nothing happened after: {last.text}")

    def _is_released(self) -> bool:
        return any(run.final == "Released" for run in self.watcher.runs("release"))

    def _answer_mails(self) -> None:
        """Open the link of each new approval and press yes, as the first person who was asked."""
        for mail in list(self.watcher.mails):
            link = link_in(mail["text"])
            approval = approval_of(link) if link else ""
            if not link or approval in self.answered:
                continue
            self.timeline.add(self.watcher.poll(0.2))
            self.answered[approval] = looked = time.time()
            try:
                said = self._say_yes(link)
            except ReviewError as error:
                raise JourneyError("reviewer", str(error)) from error
            who = ", ".join(mail["to"])
            self.spans.append(Span(f"review {len(self.answered)}", mail["time"], time.time()))
            self.timeline.add([Fact(looked, "reviewer", f"(this demo plays {who}) {said}")])

    def _say_yes(self, link: str) -> str:
        page = open_page(link)
        self.pages[page.title] = page.html
        typed = {"reason": "Looked at by make demo", "name": "make demo"}
        answer = press(page, "decision", "approve", typed)
        return f"opened “{page.title}”, pressed yes: “{answer.title}”"

    def _refuse_failures(self) -> None:
        for run in self.watcher.runs("build"):
            if run.status not in ("RUNNING", "SUCCEEDED"):
                self._fail("build", why(run))
        for run in self.watcher.runs("release"):
            if run.status != "RUNNING" and run.final != "Released":
                self._fail("release", why(run))
        for event in self.watcher.events:
            detail = event["detail"]
            status = detail.get("currentPipelineExecutionStatus")
            self.pipeline = detail.get("pipelineExecutionArn", self.pipeline)
            if status in ("Failed", "Stopped", "CompletedWithFailures"):
                self._fail("pipeline", self._pipeline_reason(detail["pipelineExecutionArn"]))

    def _fail(self, hop: str, reason: str) -> None:
        """Let the mails that tell of it arrive, then end."""
        deadline = time.monotonic() + _LAST_WORDS_SECONDS
        told = len(self.watcher.mails)
        while time.monotonic() < deadline and len(self.watcher.mails) == told:
            self.timeline.add(self.watcher.poll())
        raise JourneyError(hop, reason)

    def _pipeline_reason(self, arn: str) -> str:
        sagemaker = self.application.cloud.client("sagemaker")
        for step in pipeline_steps(sagemaker, arn):
            if step.get("FailureReason"):
                return f"{step['StepName']}: {step['FailureReason']}"
        found = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        return str(found.get("FailureReason", found["PipelineExecutionStatus"]))


def follow(application: Application, timeline: Timeline) -> Journey:
    """Return a journey that listens already: what happens next is not missed."""
    machines = {name: application.outputs[output] for name, output in _MACHINES.items()}
    return Journey(application, timeline, Watcher(application.cloud, machines))


def pipeline_steps(sagemaker: Any, arn: str) -> list[Mapping[str, Any]]:
    """Return the steps of a pipeline execution in the order in which they started."""
    pages = sagemaker.get_paginator("list_pipeline_execution_steps").paginate(
        PipelineExecutionArn=arn, SortOrder="Ascending"
    )
    return [step for page in pages for step in page["PipelineExecutionSteps"]]


def approval_of(link: str) -> str:
    """Return the id of the approval that a link is for; several people have links to one."""
    found = re.search(r"/approvals/([^/?#]+)", link)
    return found[1] if found else ""


def why(run: Execution) -> str:
    """Return how an execution ended, in one line.

    The cause of a failed Lambda task is JSON with the error's message in it.
    """
    said = run.cause
    try:
        document = json.loads(run.cause)
        said = document.get("errorMessage", run.cause)
    except (ValueError, AttributeError):
        pass
    words = ": ".join(part for part in (run.error, " ".join(said.split())) if part)
    return f"it ended as {run.final or run.status}: {words or 'see its mails'}"
