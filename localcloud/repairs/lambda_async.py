"""Fault: EventBridge and SNS call a function once, and a dead letter is not what AWS writes.

On AWS an asynchronous call that fails is tried twice more, then goes to the function's on-failure
destination (the whole record) and to its dead-letter queue (the event itself, the error in message
attributes). An event whose target does not exist goes to the target's own dead-letter queue.
The waits between tries are LAMBDA_ASYNC_RETRY_BASE_SECONDS and twice that (AWS: 1 and 2 minutes).
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

import contextvars
import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ministack.core.arn import parse_arn
from ministack.services import eventbridge, lambda_svc, sns, sqs

from localcloud.repairs import base


def invoke_async(func: dict[str, Any], event: Any) -> None:
    """Call a function asynchronously, with its retries, destinations and dead-letter queue."""
    scope = contextvars.copy_context()
    threading.Thread(target=scope.run, args=(_run, func, event), daemon=True).start()


def _run(func: dict[str, Any], event: Any) -> None:
    config = func.get("config") or func
    settings = (
        func.get("event_invoke_config")
        or (func.get("event_invoke_configs") or {}).get("$LATEST")
        or {}
    )
    retries = settings.get("MaximumRetryAttempts")
    tries = 1 + (2 if retries is None else int(retries))
    result: dict[str, Any] = {}
    for number in range(tries):
        if number:
            time.sleep(lambda_svc._LAMBDA_ASYNC_RETRY_BASE_SECONDS * 2 ** (number - 1))
        result = lambda_svc._execute_function_with_config_scope(func, event)
        if not result.get("error"):
            break
    failed = bool(result.get("error"))
    wanted = settings.get("DestinationConfig", {}).get("OnFailure" if failed else "OnSuccess", {})
    if wanted.get("Destination"):
        record = _record(config, event, result, number + 1)
        _deliver(wanted["Destination"], json.dumps(record), {})
    queue = (config.get("DeadLetterConfig") or {}).get("TargetArn")
    if failed and queue:
        error = result.get("body") or {}
        attributes = {
            "RequestID": error.get("requestId", "") or "unknown",
            "ErrorCode": "200",
            "ErrorMessage": str(error.get("errorMessage", ""))[:1000],
        }
        _deliver(queue, json.dumps(event), attributes)


def _record(config: dict[str, Any], event: Any, result: dict[str, Any], tries: int) -> Any:
    failed = bool(result.get("error"))
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    answered: dict[str, Any] = {"statusCode": 200, "executedVersion": "$LATEST"}
    if failed:
        answered["functionError"] = "Unhandled"
    return {
        "version": "1.0",
        "timestamp": now,
        "requestContext": {
            "requestId": lambda_svc.new_uuid(),
            "functionArn": f"{config.get('FunctionArn', '')}:$LATEST",
            "condition": "RetriesExhausted" if failed else "Success",
            "approximateInvokeCount": tries,
        },
        "requestPayload": event,
        "responseContext": answered,
        "responsePayload": result.get("body"),
    }


def _deliver(arn: str, body: str, attributes: dict[str, str]) -> None:
    spec = parse_arn(arn)
    if spec.service == "sqs":
        queue = sqs._queue_by_arn(arn)
        if queue is None:
            lambda_svc.logger.warning("The dead-letter queue %s does not exist", arn)
            return
        typed = {
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
        }
        sent = {"MessageBody": body, "MessageAttributes": typed}
        sqs._act_send_message(sent, queue["url"])
    elif spec.service == "lambda":
        eventbridge._dispatch_to_lambda(arn, body)
    elif spec.service == "events":
        entry = {
            "Source": "lambda",
            "DetailType": "Lambda Function Invocation Result",
            "Detail": body,
        }
        eventbridge._put_events({"Entries": [entry]})
    else:
        eventbridge._dispatch_to_sns(arn, body)


def _dispatch_to_lambda(arn: str, payload: str) -> None:
    func, config, name = lambda_svc._get_func_record_for_ref(arn)
    if not func or not config:
        lambda_svc.logger.warning("An event's function does not exist: %s", name)
        return
    invoke_async(lambda_svc._execution_record_for_config(func, config), json.loads(payload))


def _with_retries_from_sns(original: Callable[..., Any]) -> Callable[..., Any]:
    """SNS calls a function asynchronously too, so that the same retries apply."""

    def deliver(endpoint: str, envelope: str, topic: str, subscription: str, *_rest: Any) -> None:
        record = {
            "EventSource": "aws:sns",
            "EventVersion": "1.0",
            "EventSubscriptionArn": subscription,
            "Sns": json.loads(envelope),
        }
        _dispatch_to_lambda(endpoint, json.dumps({"Records": [record]}))

    return deliver


def _with_dead_letters(original: Callable[..., Any]) -> Callable[..., Any]:
    """EventBridge's own dead letters: for targets that do not exist."""

    def invoke_target(target: Any, event: Any, rule: Any, view: Any = None) -> Any:
        queue = str((target.get("DeadLetterConfig") or {}).get("Arn", ""))
        problem = _problem(target.get("Arn", "")) if queue else None
        if problem is None:
            return original(target, event, rule, view)
        delivered = view or eventbridge._pattern_event_view(event)
        attributes = {
            "RULE_ARN": rule.get("Arn", ""),
            "TARGET_ARN": target["Arn"],
            "ERROR_CODE": problem[0],
            "ERROR_MESSAGE": problem[1],
        }
        _deliver(queue, json.dumps(delivered.event_with_detail()), attributes)
        return None

    return invoke_target


def _problem(arn: str) -> tuple[str, str] | None:
    from ministack.services import stepfunctions

    if ":lambda:" in arn and not lambda_svc._get_func_record_for_ref(arn)[0]:
        return "RESOURCE_NOT_FOUND", f"Function not found: {arn}"
    if ":stateMachine:" in arn and stepfunctions._resolve_state_machine_arn(arn) is None:
        return "RESOURCE_NOT_FOUND", f"State Machine Does Not Exist: '{arn}'"
    if ":sqs:" in arn and sqs._queue_by_arn(arn) is None:
        return "RESOURCE_NOT_FOUND", f"The queue {arn} does not exist"
    return None


def install(_context: object) -> None:
    """Replace asynchronous invocation and EventBridge's way to a function."""
    base.replace(lambda_svc, "invoke_async_with_retry", "e77af02c4bc3696d", invoke_async)
    base.replace(eventbridge, "_dispatch_to_lambda", "6ef5649e2b65f862", _dispatch_to_lambda)
    base.wrap(sns, "_deliver_to_lambda", "15dcfe126c40f254", _with_retries_from_sns)
    base.wrap(eventbridge, "_invoke_target", "465a4d0b5b961915", _with_dead_letters)
