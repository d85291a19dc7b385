"""Who gets the next request: the routes of every endpoint, changed in one step."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field

from localcloud.sagemaker.endpoints.fleet import Fleet


class NoVariantError(Exception):
    """The request names a variant that the endpoint does not have."""


@dataclass(frozen=True)
class Route:
    """A fleet and its share of the traffic (any scale; 0 gets none unless it is named)."""

    fleet: Fleet
    weight: float


@dataclass
class Traffic:
    """The routes of all endpoints. A request keeps the fleet it has, whatever changes after.

    Choosing a fleet counts the request as under way in the same moment, so that whoever has set new
    routes and then waits for the old fleet to be idle cannot miss one.
    """

    _routes: dict[str, tuple[Route, ...]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def set(self, endpoint: str, routes: list[Route]) -> None:
        """Replace an endpoint's routes at once; the next request sees only the new ones."""
        with self._lock:
            self._routes[endpoint] = tuple(routes)

    def remove(self, endpoint: str) -> None:
        """Send an endpoint no more requests."""
        with self._lock:
            self._routes.pop(endpoint, None)

    def serves(self, endpoint: str) -> bool:
        """Whether the endpoint takes requests."""
        return endpoint in self._routes

    def choose(self, endpoint: str, variant: str | None = None) -> Fleet:
        """The fleet for the next request, by weight; its ``inflight`` is the caller's to end.

        Raises KeyError when there is no such endpoint, NoVariantError when it has no such variant.
        """
        with self._lock:
            fleet = _choose(self._routes[endpoint], variant)
            fleet.inflight += 1
        return fleet


def _choose(routes: tuple[Route, ...], variant: str | None) -> Fleet:
    if variant:
        routes = tuple(route for route in routes if route.fleet.variant == variant)
        if not routes:
            raise NoVariantError(variant)
    weights = [route.weight for route in routes]
    if not sum(weights):
        weights = [1.0] * len(routes)
    return random.choices(routes, weights)[0].fleet
