"""Who gets the next request: the routes of every endpoint, changed in one step."""

from __future__ import annotations

import random
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
    """The routes of all endpoints. A request keeps the fleet it has, whatever changes after."""

    _routes: dict[str, tuple[Route, ...]] = field(default_factory=dict)

    def set(self, endpoint: str, routes: list[Route]) -> None:
        """Replace an endpoint's routes at once; the next request sees only the new ones."""
        self._routes[endpoint] = tuple(routes)

    def remove(self, endpoint: str) -> None:
        """Send an endpoint no more requests."""
        self._routes.pop(endpoint, None)

    def serves(self, endpoint: str) -> bool:
        """Whether the endpoint takes requests."""
        return endpoint in self._routes

    def choose(self, endpoint: str, variant: str | None = None) -> Fleet:
        """The fleet for the next request, by weight.

        Raises KeyError when there is no such endpoint, NoVariantError when it has no such variant.
        """
        routes = self._routes[endpoint]
        if variant:
            routes = tuple(route for route in routes if route.fleet.variant == variant)
            if not routes:
                raise NoVariantError(variant)
        weights = [route.weight for route in routes]
        if not sum(weights):
            weights = [1.0] * len(routes)
        return random.choices(routes, weights)[0].fleet
