"""Fault: Retry and Catch do not follow AWS in delay and in which error a name matches.

Delays ignore `MaxDelaySeconds` and `JitterStrategy` and are cut at 60 s; `States.ALL` also catches
States.Runtime and States.DataLimitExceeded, which on AWS always fail the execution; an abort does
not end the wait before a retry.
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

import random
from collections.abc import Callable
from typing import Any

from ministack.services import stepfunctions as sfn

from localcloud.repairs import base

_NEVER_HANDLED = "States.Runtime"
_NOT_BY_WILDCARD = {"States.DataLimitExceeded"}
_TIMEOUTS = {"States.Timeout", "States.HeartbeatTimeout"}


def error_matches(names: list[str], error: str) -> bool:
    """Return whether an ErrorEquals list takes this error.

    A missed heartbeat is reported as States.HeartbeatTimeout, a kind of States.Timeout.
    """
    if error == _NEVER_HANDLED:
        return False
    if error in names or (error == "States.HeartbeatTimeout" and "States.Timeout" in names):
        return True
    if error in _NOT_BY_WILDCARD:
        return False
    return "States.ALL" in names or ("States.TaskFailed" in names and error not in _TIMEOUTS)


def delay(retrier: dict[str, Any], count: int) -> float:
    """Return the seconds to wait before retry number `count` (from 0)."""
    seconds = float(retrier.get("IntervalSeconds", 1)) * retrier.get("BackoffRate", 2.0) ** count
    if "MaxDelaySeconds" in retrier:
        seconds = min(seconds, float(retrier["MaxDelaySeconds"]))
    return random.uniform(0, seconds) if retrier.get("JitterStrategy") == "FULL" else seconds


def with_retry_and_catch(
    state: dict[str, Any], data: Any, ctx: dict[str, Any], attempt: Callable[[], Any]
) -> Any:
    """Run attempts under the state's Retry, then its Catch; return (output, next state)."""
    entered = ctx["State"]
    counts: dict[int, int] = {}
    while True:
        # Each attempt starts from this state's own context, whatever its branches left there.
        ctx["State"] = {**entered, "RetryCount": sum(counts.values())}
        try:
            return attempt()
        except sfn._ExecutionError as error:
            retrier, index = sfn._find_matching_retrier(state.get("Retry", []), error.error, counts)
            if retrier is not None:
                sfn._scaled_sleep(delay(retrier, counts.get(index, 0)))
                counts[index] = counts.get(index, 0) + 1
                continue
            catcher = sfn._find_matching_catcher(state.get("Catch", []), error.error)
            if catcher is None:
                raise
            caught = {"Error": error.error, "Cause": error.cause}
            language = sfn._state_query_language(state, ctx)
            return sfn._apply_catcher(catcher, data, ctx, language, caught), catcher["Next"]


def install(_context: object) -> None:
    """Replace ministack's matching of error names and its retry loop."""
    base.replace(sfn, "_error_matches", "123c246131c49c34", error_matches)
    base.replace(sfn, "_with_retry_and_catch", "b6e16568a5cd56c7", with_retry_and_catch)
