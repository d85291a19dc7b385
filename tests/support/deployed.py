"""A deployed stack as tests see it: executions, ledger, endpoints, logs, functions."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from botocore.exceptions import ClientError

from adapters.ledger import _plain
from localcloud.application import Application, customers, predict
from localcloud.cloud import RunningCloud
from localcloud.product import release_link
from tests.support.waiting import wait_until

WAIT = 90.0
THROTTLED = 429
STACK = "slipway-churn"
_MACHINES = {
    "build": "BuildStateMachineArn",
    "release": "ReleaseStateMachineArn",
    "deploy": "DeployEndpointStateMachineArn",
}


@dataclass(frozen=True)
class Run:
    """An execution of a state machine as it was when asked."""

    arn: str
    name: str
    status: str
    input: Mapping[str, Any]
    output: Any = None
    error: str = ""
    cause: str = ""


@dataclass
class Deployed:
    """A deployed stack, and short words for what tests look at."""

    application: Application
    _inputs: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def cloud(self) -> RunningCloud:
        return self.application.cloud

    @property
    def outputs(self) -> dict[str, str]:
        return self.application.outputs

    @property
    def sagemaker(self) -> Any:
        return self.cloud.client("sagemaker")

    # -- state machines ---------------------------------------------------------------------------

    def runs(self, machine: str, wanted: Callable[[Mapping[str, Any]], bool]) -> list[Run]:
        """Executions of build, release or deploy whose input is wanted, newest first."""
        states = self.cloud.client("stepfunctions")
        arn = self.outputs[_MACHINES[machine]]
        pages = states.get_paginator("list_executions").paginate(stateMachineArn=arn)
        listed = [one["executionArn"] for page in pages for one in page["executions"]]
        return [self.run(one) for one in listed if wanted(self._input(one))]

    def run(self, arn: str) -> Run:
        """The execution as it is now."""
        found = self.cloud.client("stepfunctions").describe_execution(executionArn=arn)
        return Run(
            arn=arn,
            name=found["name"],
            status=found["status"],
            input=json.loads(found["input"]),
            output=json.loads(found["output"]) if found.get("output") else None,
            error=found.get("error", ""),
            cause=found.get("cause", ""),
        )

    def ended(self, run: Run, timeout: float = WAIT) -> Run:
        """Wait for the end of an execution."""

        def probe() -> Run | None:
            now = self.run(run.arn)
            return now if now.status != "RUNNING" else None

        return wait_until(probe, timeout, 0.1)

    def history(self, run: Run) -> list[dict[str, Any]]:
        """The events of an execution, oldest first."""
        states = self.cloud.client("stepfunctions")
        pages = states.get_paginator("get_execution_history").paginate(executionArn=run.arn)
        return [event for page in pages for event in page["events"]]

    def path(self, run: Run) -> list[str]:
        """The names of the states that an execution entered, in order."""
        entered = (event.get("stateEnteredEventDetails") for event in self.history(run))
        return [details["name"] for details in entered if details]

    def is_in(self, run: Run, state: str) -> bool:
        """Whether an execution is in a state now."""
        events = self.history(run)
        kinds = ("stateEnteredEventDetails", "stateExitedEventDetails")
        names = [e[kind]["name"] for e in events for kind in kinds if kind in e]
        return names.count(state) % 2 == 1

    def _input(self, arn: str) -> Mapping[str, Any]:
        if arn not in self._inputs:
            self._inputs[arn] = self.run(arn).input
        return self._inputs[arn]

    # -- what is there ----------------------------------------------------------------------------

    def ledger(self, prefix: str = "") -> list[dict[str, Any]]:
        """The ledger's items whose key begins with `prefix`."""
        table = self.outputs["LedgerTableName"]
        pages = (
            self.cloud.client("dynamodb")
            .get_paginator("scan")
            .paginate(TableName=table, ConsistentRead=True)
        )
        items = [_plain(item) for page in pages for item in page["Items"]]
        return sorted(
            (i for i in items if i["pk"].startswith(prefix)), key=lambda i: i["pk"] + i["sk"]
        )

    def item(self, key: str) -> dict[str, Any]:
        """The one item under a partition key."""
        (found,) = [item for item in self.ledger(key) if item["pk"] == key]
        return found

    def endpoint(self, stage: str = "production") -> dict[str, Any] | None:
        """What SageMaker says of the stage's endpoint, or None."""
        name = self.outputs[f"{stage.capitalize()}EndpointName"]
        listed = self.sagemaker.list_endpoints(NameContains=name)["Endpoints"]
        if name not in {one["EndpointName"] for one in listed}:
            return None
        try:
            return dict(self.sagemaker.describe_endpoint(EndpointName=name))
        except ClientError:  # deleted since it was listed; anything else fails at the next look
            return None

    def serves(self, stage: str = "production") -> str:
        """The version that an endpoint's live configuration names."""
        found = self.endpoint(stage)
        assert found is not None
        config = self.sagemaker.describe_endpoint_config(
            EndpointConfigName=found["EndpointConfigName"]
        )
        (variant,) = config["ProductionVariants"]
        model = self.sagemaker.describe_model(ModelName=variant["ModelName"])
        return str(model["PrimaryContainer"]["ModelPackageName"])

    def production(self) -> tuple[Any, ...]:
        """What must stay the same while production is untouched: it also has to answer."""
        found = self.endpoint()
        assert found is not None
        assert found["EndpointStatus"] == "InService"
        scores = predict(self.application, customers(self.application, 3))
        return found["EndpointConfigName"], found["LastModifiedTime"], self.serves(), scores

    def tags(self, arn: str) -> dict[str, str]:
        """The tags of a SageMaker resource."""
        return {
            tag["Key"]: tag["Value"] for tag in self.sagemaker.list_tags(ResourceArn=arn)["Tags"]
        }

    def said(self, message: str) -> list[dict[str, Any]]:
        """The log lines of the functions with this message."""
        group = self.resource("FunctionLogs")
        pages = (
            self.cloud.client("logs")
            .get_paginator("filter_log_events")
            .paginate(logGroupName=group)
        )
        lines = (event["message"].strip() for page in pages for event in page["events"])
        parsed = [json.loads(line) for line in lines if line.startswith("{")]
        return [line for line in parsed if line.get("message") == message]

    def resource(self, logical_id: str) -> str:
        """The physical id of a resource of the stack."""
        found = self.cloud.client("cloudformation").describe_stack_resource(
            StackName=STACK, LogicalResourceId=logical_id
        )
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def invoke(self, logical_id: str, event: Any) -> Any:
        """Call a function of the stack and return its answer."""
        answer = self.cloud.client("lambda").invoke(
            FunctionName=self.resource(logical_id), Payload=json.dumps(event).encode()
        )
        said = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, said
        return said

    def releases_page(self) -> str:
        """The release page's HTML."""
        link = release_link(self.cloud, STACK, self.outputs["ApiUrl"], "ada@example.com")
        return ask("GET", link)[1]


def ask(
    method: str, url: str, form: Mapping[str, str] | None = None, agent: str = "Mozilla/5.0"
) -> tuple[int, str]:
    """Send a request as a polite client does, which comes again when the API is too busy."""

    def answered() -> tuple[int, str] | None:
        answer = ask_once(method, url, form, agent)
        return answer if answer[0] != THROTTLED else None

    return wait_until(answered, WAIT, 0.2)


def ask_once(
    method: str, url: str, form: Mapping[str, str] | None = None, agent: str = "Mozilla/5.0"
) -> tuple[int, str]:
    """Send one HTTP request; status and body, whatever they are."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    data = urlencode(form).encode() if form is not None else None
    headers = {"user-agent": agent}
    if data is not None:
        headers["content-type"] = "application/x-www-form-urlencoded"
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with opener.open(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
