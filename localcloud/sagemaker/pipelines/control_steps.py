"""Steps that make nothing in SageMaker: Condition, Fail, Lambda, Callback."""

from __future__ import annotations

import json
import threading
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.sagemaker.api import ApiError
from localcloud.sagemaker.jobs import roles
from localcloud.sagemaker.pipelines import retries
from localcloud.sagemaker.pipelines.conditions import ConditionError, holds
from localcloud.sagemaker.pipelines.steps import (
    Doc,
    Result,
    StepFailedError,
    StepRun,
    StepStoppedError,
)

TOKEN_LENGTH = 10


def decide(run: StepRun) -> Result:
    """Condition: all conditions must hold; the outcome chooses the branch."""
    run.executing({})
    conditions = run.step.arguments.get("Conditions", [])
    try:
        met = all(holds(condition, run.resolve) for condition in conditions)
    except ConditionError as error:
        raise StepFailedError(f"ClientError: {error}") from error
    outcome = "True" if met else "False"
    return Result({"Outcome": outcome}, {"Condition": {"Outcome": outcome}})


def fail(run: StepRun) -> Result:
    """Fail: ends the execution with the message of the definition."""
    message = str(run.resolve(run.step.arguments.get("ErrorMessage", "")))
    run.executing({"Fail": {"ErrorMessage": message[:3072]}})
    raise StepFailedError(message)


def invoke(run: StepRun) -> Result:
    """Lambda: the arguments are the event, the members of the answer are the output parameters."""
    function = run.resolve(run.step.raw["FunctionArn"])
    run.executing({"Lambda": {"Arn": function}})
    answer = _call(
        run, "lambda", "invoke", FunctionName=function, Payload=json.dumps(run.arguments)
    )
    payload = answer["Payload"].read()
    if answer.get("FunctionError"):
        raise StepFailedError(f"ClientError: Lambda function failed: {payload.decode()[:900]}")
    try:
        document = json.loads(payload or b"null")
    except ValueError:
        document = None
    outputs = _outputs(run, document if isinstance(document, dict) else {})
    shown = [{"Name": name, "Value": str(value)} for name, value in outputs.items()]
    metadata = {"Lambda": {"Arn": function, **({"OutputParameters": shown} if shown else {})}}
    return Result({"OutputParameters": outputs}, metadata)


def _outputs(run: StepRun, given: Doc) -> Doc:
    declared = [entry["OutputName"] for entry in run.step.raw.get("OutputParameters", [])]
    missing = [name for name in declared if name not in given]
    if missing:
        raise StepFailedError(
            f"ClientError: the answer has no output parameter {', '.join(missing)}"
        )
    return {name: given[name] for name in declared}


def _call(run: StepRun, service: str, operation: str, **request: Any) -> Any:
    """Call another service as the pipeline's role."""
    try:
        client = roles.client(run.svc.context, run.role_arn, service)
        return getattr(client, operation)(**request)
    except ApiError as error:
        raise StepFailedError(f"ClientError: {error.message}") from error
    except ClientError as error:
        status = error.response["ResponseMetadata"].get("HTTPStatusCode", 400)
        kind = retries.of_refusal(error.response["Error"].get("Code", ""), status)
        raise StepFailedError(f"ClientError: {error}", kind) from error
    except BotoCoreError as error:
        raise StepFailedError(f"ClientError: {error}", retries.SERVICE_FAULT) from error


class Callbacks:
    """The callback steps that wait for an answer, by their token."""

    def __init__(self) -> None:
        self._waiting: dict[str, tuple[str, threading.Event, list[Doc]]] = {}
        self._lock = threading.Lock()

    def open(self, token: str, execution_arn: str) -> tuple[threading.Event, list[Doc]]:
        """Begin to wait under a token."""
        waiter: tuple[threading.Event, list[Doc]] = (threading.Event(), [])
        with self._lock:
            self._waiting[token] = (execution_arn, *waiter)
        return waiter

    def answer(self, token: str, answer: Doc) -> str | None:
        """Hand an answer to the step that waits; gives its execution, or None when none waits."""
        with self._lock:
            found = self._waiting.pop(token, None)
        if found is None:
            return None
        arn, event, answers = found
        answers.append(answer)
        event.set()
        return arn


CALLBACKS = Callbacks()


def call_back(run: StepRun) -> Result:
    """Callback: sends a message with a token and waits until somebody answers it."""
    queue = run.resolve(run.step.raw["SqsQueueUrl"])
    token = run.svc.unique(TOKEN_LENGTH)
    metadata: Doc = {"CallbackToken": token, "SqsQueueUrl": queue}
    event, answers = CALLBACKS.open(token, run.execution_arn)
    run.stop = event.set
    message = {
        "token": token,
        "pipelineExecutionArn": run.execution_arn,
        "status": "Executing",
        "arguments": run.arguments,
    }
    _call(run, "sqs", "send_message", QueueUrl=queue, MessageBody=json.dumps(message))
    run.executing({"Callback": metadata})
    if run.stopping.is_set():
        event.set()
    event.wait()
    if not answers:
        CALLBACKS.answer(token, {})
        raise StepStoppedError
    if "FailureReason" in answers[0]:
        raise StepFailedError(answers[0]["FailureReason"])
    given = {entry["Name"]: entry["Value"] for entry in answers[0].get("OutputParameters", [])}
    outputs = _outputs(run, given)
    shown = [{"Name": name, "Value": value} for name, value in outputs.items()]
    shown_too = {"OutputParameters": shown} if shown else {}
    return Result({"OutputParameters": outputs}, {"Callback": {**metadata, **shown_too}})
