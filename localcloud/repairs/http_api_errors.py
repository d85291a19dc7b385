"""Fault: an HTTP API shows the caller what a function raised, as status 502.

On AWS the caller of an HTTP API sees 500 and {"message":"Internal Server Error"}; the error itself
is in the function's log.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-lambda.html
"""

import json
from collections.abc import Callable
from typing import Any

from ministack.services import lambda_svc

from localcloud.repairs import base


def _hide_error(original: Callable[..., Any]) -> Callable[..., Any]:
    def convert(result: dict[str, Any]) -> Any:
        if result.get("error") and not result.get("throttle"):
            answer = {
                "statusCode": 500,
                "headers": {"Content-Type": "application/json"},
                "body": json.dumps({"message": "Internal Server Error"}),
            }
            return answer, None
        return original(result)

    return convert


def install(_context: object) -> None:
    """Wrap how an invocation's result becomes an HTTP answer."""
    base.wrap(
        lambda_svc, "lambda_execute_result_to_api_proxy_response", "7d0c83aea19b4b17", _hide_error
    )
