"""From a commit, or a data digest, back to the model versions that were made of it.

The way there is on each version's page; the way back starts from what was written into the ledger
when a version was registered.
"""

from collections.abc import Iterable, Mapping
from typing import Any

REGISTERED = "registered"
LEAST = 4  # fewer characters name nothing


def origin(text: str) -> str:
    """What somebody typed, as it is looked for; empty for too little."""
    wanted = text.strip().lower()
    return wanted if len(wanted) >= LEAST else ""


def made_of(facts: Iterable[Mapping[str, Any]], wanted: str) -> set[str]:
    """The ARNs of the versions whose commit or data digest begins with `wanted`.

    `facts` are the ledger's lines of kind `REGISTERED`.
    """
    return {
        str(fact["subject"])
        for fact in facts
        if any(name.lower().startswith(wanted) for name in _origins(fact))
    }


def data_of(fact: Mapping[str, Any]) -> str:
    """The digest of the data that a version was trained on; empty where none is recorded."""
    return str(_parameters(fact).get("DataDigest") or "")


def _origins(fact: Mapping[str, Any]) -> list[str]:
    commit = str((fact.get("detail") or {}).get("commit") or "")
    return [name for name in (commit, data_of(fact)) if name]


def _parameters(fact: Mapping[str, Any]) -> Mapping[str, Any]:
    return (fact.get("detail") or {}).get("parameters") or {}
