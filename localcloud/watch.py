"""What happens in a local cloud, as facts with times: from its bus, its state machines, its mails.

Nothing here knows what should happen: it reports what the services themselves say did happen.
"""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from localcloud.cloud import RunningCloud

_SOURCES = ["aws.codecommit", "aws.sagemaker"]
_NAME = "slipway-watch"
_MAIL_SECONDS = 0.2


@dataclass(frozen=True)
class Fact:
    """Something that happened: when (epoch seconds), where in the flow, and what, in words."""

    at: float
    hop: str
    text: str


@dataclass(frozen=True)
class Span:
    """A piece of work with its beginning and end in epoch seconds."""

    name: str
    start: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.end - self.start


@dataclass
class Execution:
    """A state machine's run: its states that have ended, and how it ended itself."""

    arn: str
    machine: str
    start: float
    status: str = "RUNNING"
    end: float = 0.0
    error: str = ""
    cause: str = ""
    final: str = ""
    spans: list[Span] = field(default_factory=list)
    entered: dict[str, float] = field(default_factory=dict)
    seen: int = 0


class Watcher:
    """Collects facts. Make it before the first push; then call `poll` until enough is known."""

    def __init__(self, cloud: RunningCloud, machines: Mapping[str, str]) -> None:
        """`machines` are the state machines to follow, {name for people: ARN}."""
        self._cloud = cloud
        self._machines = machines
        self.executions: dict[str, Execution] = {}
        self.mails: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self._queue = _listen(cloud)

    def poll(self, seconds: float = 1.0) -> list[Fact]:
        """Return the news of about `seconds`, oldest first; at once when there is mail."""
        deadline = time.monotonic() + seconds
        mails = self._from_inbox()
        while not mails and time.monotonic() < deadline:
            time.sleep(_MAIL_SECONDS)
            mails = self._from_inbox()
        facts = [*self._from_bus(), *self._from_machines(), *mails]
        return sorted(facts, key=lambda fact: fact.at)

    def runs(self, machine: str) -> list[Execution]:
        """Return the executions of one machine, oldest first."""
        found = [run for run in self.executions.values() if run.machine == machine]
        return sorted(found, key=lambda run: run.start)

    def _from_bus(self) -> list[Fact]:
        sqs = self._cloud.client("sqs")
        facts = []
        while messages := sqs.receive_message(
            QueueUrl=self._queue, MaxNumberOfMessages=10, AttributeNames=["SentTimestamp"]
        ).get("Messages"):
            for message in messages:
                sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
                event = json.loads(message["Body"])
                event["arrived"] = int(message["Attributes"]["SentTimestamp"]) / 1000
                self.events.append(event)
                text = _words(event["detail-type"], event["detail"])
                if text:
                    facts.append(Fact(event["arrived"], *text))
        return facts

    def _from_machines(self) -> list[Fact]:
        states = self._cloud.client("stepfunctions")
        facts = []
        for name, arn in self._machines.items():
            for listed in states.list_executions(stateMachineArn=arn)["executions"]:
                if listed["executionArn"] not in self.executions:
                    run = Execution(listed["executionArn"], name, listed["startDate"].timestamp())
                    self.executions[run.arn] = run
                    facts.append(Fact(run.start, name, "started"))
        for run in self.executions.values():
            if run.status == "RUNNING":
                facts += self._follow(states, run)
        return facts

    def _follow(self, states: Any, run: Execution) -> list[Fact]:
        """Read what a running execution has done since the last look."""
        found = states.describe_execution(executionArn=run.arn)
        pages = states.get_paginator("get_execution_history").paginate(executionArn=run.arn)
        history = [event for page in pages for event in page["events"]]
        facts = []
        for event in history[run.seen :]:
            facts += _state_fact(run, event)
        run.seen = len(history)
        if found["status"] != "RUNNING":
            run.status = found["status"]
            run.end = found["stopDate"].timestamp()
            run.error, run.cause = found.get("error", ""), found.get("cause", "")
            facts.append(Fact(run.end, run.machine, f"ends: {run.final or run.status.lower()}"))
        return facts

    def _from_inbox(self) -> list[Fact]:
        known = {mail["id"] for mail in self.mails}
        new = [m for m in reversed(inbox(self._cloud)) if m["id"] not in known]
        self.mails += new
        return [Fact(m["time"], "mail", f"to {', '.join(m['to'])}: {m['subject']}") for m in new]


def inbox(cloud: RunningCloud) -> list[dict[str, Any]]:
    """Return the messages that were sent to people, newest first."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{cloud.inbox_url}.json", timeout=10) as answer:
        listed: list[dict[str, Any]] = json.load(answer)
    return listed


def _listen(cloud: RunningCloud) -> str:
    """Send a copy of what AWS's services tell the bus into a queue; return its address."""
    sqs, events = cloud.client("sqs"), cloud.client("events")
    url = sqs.create_queue(QueueName=_NAME)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    events.put_rule(Name=_NAME, EventPattern=json.dumps({"source": _SOURCES}))
    events.put_targets(Rule=_NAME, Targets=[{"Id": "queue", "Arn": arn["Attributes"]["QueueArn"]}])
    return str(url)


def _state_fact(run: Execution, event: Mapping[str, Any]) -> list[Fact]:
    at: datetime = event["timestamp"]
    kind = event["type"]
    if kind in ("TaskStateEntered", "WaitStateEntered"):
        run.entered[event["stateEnteredEventDetails"]["name"]] = at.timestamp()
    elif kind in ("TaskStateExited", "WaitStateExited"):
        name = event["stateExitedEventDetails"]["name"]
        span = Span(name, run.entered.pop(name, run.start), at.timestamp())
        run.spans.append(span)
        return [Fact(span.end, run.machine, f"{name} ({span.seconds:.1f} s)")]
    elif kind in ("SucceedStateEntered", "FailStateEntered"):
        run.final = event["stateEnteredEventDetails"]["name"]
    return []


def _words(kind: str, detail: Mapping[str, Any]) -> tuple[str, str] | None:
    """Say in words what an AWS event tells: (where in the flow, what)."""
    if kind == "CodeCommit Repository State Change":
        commit = str(detail.get("commitId", ""))[:8]
        return "commit", f"{commit} is the head of {detail.get('referenceName')}"
    if kind == "SageMaker Model Building Pipeline Execution Status Change":
        return "pipeline", str(detail["currentPipelineExecutionStatus"]).lower()
    if kind == "SageMaker Model Building Pipeline Execution Step Status Change":
        return _step_words(detail)
    if kind == "SageMaker Model Package State Change":
        version, status = detail.get("ModelPackageVersion"), detail.get("ModelApprovalStatus")
        return "registry", f"version {version} is {status}"
    if kind == "SageMaker Endpoint State Change":
        return "endpoint", f"{detail.get('EndpointName')} is {detail.get('EndpointStatus')}"
    return None


def _step_words(detail: Mapping[str, Any]) -> tuple[str, str] | None:
    status = detail.get("currentStepStatus")
    if status in ("Starting", "Executing"):
        return None
    why = f": {detail['failureReason']}" if detail.get("failureReason") else ""
    cached = " from the cache" if detail.get("cacheHitResult") else ""
    return "pipeline", f"{detail.get('stepName')} {str(status).lower()}{cached}{why}"
