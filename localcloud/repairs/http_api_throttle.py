"""Fault: an HTTP API's stage keeps its throttling settings and never throttles.

What a template sets, it keeps under the template's names, so that GetStage does not know it.

On AWS each route has a token bucket: as many tokens as `ThrottlingBurstLimit`, refilled with
`ThrottlingRateLimit` a second; a request that finds none is answered 429 and reaches no function.
A route's own settings go before the stage's default ones, those before the account's.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html
"""

import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ministack.services import apigateway
from ministack.services.cloudformation import provisioners

from localcloud.repairs import base

# What an account has in a Region before anybody asks for more.
ACCOUNT = {"throttlingRateLimit": 10_000.0, "throttlingBurstLimit": 5_000.0}
_REFUSED = json.dumps({"message": "Too Many Requests"}).encode()
_buckets: dict[tuple[str, str, str], "Bucket"] = {}


@dataclass
class Bucket:
    """Tokens of one route; `at` is the second (of any clock) at which there were `tokens`."""

    rate: float
    burst: float
    tokens: float
    at: float

    def take(self, now: float) -> bool:
        """Take a token, unless there is none."""
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.rate)
        self.at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


def limits(stage: Mapping[str, Any], route_key: str) -> tuple[float, float]:
    """Rate and burst of a route."""
    own = (stage.get("routeSettings") or {}).get(route_key) or {}
    found = {**ACCOUNT, **(stage.get("defaultRouteSettings") or {}), **own}
    return float(found["throttlingRateLimit"]), float(found["throttlingBurstLimit"])


def allowed(api_id: str, name: str, stage: Mapping[str, Any], route_key: str, now: float) -> bool:
    """Whether a request to this route may pass now; changed settings begin with a full bucket."""
    rate, burst = limits(stage, route_key)
    place = (api_id, name, route_key)
    bucket = _buckets.get(place)
    if bucket is None or (bucket.rate, bucket.burst) != (rate, burst):
        bucket = _buckets[place] = Bucket(rate, burst, burst, now)
    return bucket.take(now)


def _throttle(original: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def execute(api_id: str, stage: str, path: str, method: str, *rest: Any) -> Any:
        settings = apigateway._stages.get(api_id, {}).get(stage)
        route = apigateway._match_route(api_id, method, "/" + path.lstrip("/"))
        # What is no route is answered 404 and costs nothing.
        if settings and route:
            key = route.get("routeKey", "$default")
            if not allowed(api_id, stage, settings, key, time.monotonic()):
                return 429, {"Content-Type": "application/json"}, _REFUSED
        return await original(api_id, stage, path, method, *rest)

    return execute


def as_the_api_says(settings: Mapping[str, Any]) -> dict[str, Any]:
    """A template's route settings by the API's names, which begin with a small letter."""
    return {name[0].lower() + name[1:]: value for name, value in settings.items()}


def _named(original: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def stage_of(props: Mapping[str, Any]) -> dict[str, Any]:
        stage = original(props)
        routes = stage["routeSettings"] or {}
        return {
            **stage,
            "defaultRouteSettings": as_the_api_says(stage["defaultRouteSettings"] or {}),
            "routeSettings": {key: as_the_api_says(one) for key, one in routes.items()},
        }

    return stage_of


def install(_context: object) -> None:
    """Wrap how a template's stage is kept, and how a request to an HTTP API is executed."""
    base.wrap(provisioners, "_apigw_v2_stage_props", "23d0341c6c3f9d9f", _named)
    base.wrap(apigateway, "_handle_execute_in_scope", "17768e5c2ee1ebee", _throttle)
