"""What CloudFormation must know about a type of resource to make, change and remove it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from localcloud.context import Context

Properties = dict[str, Any]
Created = tuple[str, dict[str, Any]]
"""The physical id (what `Ref` gives) and the attributes (what `GetAtt` gives)."""


@dataclass(frozen=True)
class ResourceType:
    """One type: its functions get a boto3 client of `service` and the resolved properties.

    name_property: the property that holds the physical name; made up by CloudFormation if absent.
    replacing: properties whose change makes a new resource, as AWS's reference of the type says.
    """

    name: str
    service: str
    name_property: str
    name_length: int
    replacing: tuple[str, ...]
    create: Callable[[Any, Context, Properties], Created]
    update: Callable[[Any, str, Properties], Created]
    delete: Callable[[Any, str, Properties], None]


class PropertyError(ValueError):
    """A property that the local cloud cannot honour; CloudFormation shows the text."""


def only(properties: Properties, *known: str) -> None:
    """Raise PropertyError when `properties` sets anything else than `known`."""
    unknown = sorted(set(properties) - set(known))
    if unknown:
        raise PropertyError(f"The local cloud does not support: {', '.join(unknown)}")
