"""Staging's endpoint: it costs money while it stands, and goes when no release needs it."""

from adapters import endpoints, executions, turns
from adapters.endpoints import Live
from adapters.ledger import Ledger
from domain import ledger as keys

OWN = ""
"""Staging stands where the function does."""


def tear_down(ledger: Ledger, staging: str, production: str, release_id: str = "") -> bool:
    """Remove staging unless another release needs it; whether it was removed.

    `release_id` is the release that asks for it, or none. One that holds the turn is left alone:
    it changes what stands there, and tears it down itself.
    """
    live = endpoints.look(staging, OWN)
    if live is None or live.is_moving or turns.is_held(ledger, production, release_id):
        return False
    if _is_kept(ledger, staging, live, release_id):
        return False
    endpoints.delete(staging, OWN)
    for config in endpoints.configs_of(staging, OWN):
        endpoints.delete_config(config, OWN)
    for model in endpoints.models_of(staging, OWN):
        endpoints.delete_model(model, OWN)
    ledger.delete(keys.stage_key(staging))
    return True


def _is_kept(ledger: Ledger, staging: str, live: Live, release_id: str) -> bool:
    """Whether it is another release's, which is not over: it keeps it for its time.

    A deployment that failed late left no line; what nobody is known to have made, nobody keeps.
    """
    stage = ledger.get(keys.stage_key(staging)) or {}
    owner = str(stage.get("release_id", "")) if stage.get("config") == live.config else ""
    if owner in ("", release_id):
        return False
    made_by = ledger.get(keys.release_key(owner)) or {}
    arn = str(made_by.get("execution_arn", ""))
    return bool(arn) and executions.is_running(arn)
