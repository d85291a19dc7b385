"""What a version has passed, and with which artifact and settings: unchanged, it counts again."""

from collections.abc import Mapping

from adapters import objects
from adapters.ledger import Ledger
from domain import ledger as keys
from domain.release import Version


def remember(
    ledger: Ledger, version: Version, stage: str, settings_uri: str, report_uri: str
) -> None:
    """A stage's tests were passed by this artifact under these settings."""
    found = _fingerprint(version, settings_uri)
    ledger.update(
        keys.proof_key(version.arn), {stage: {"report_uri": report_uri, "fingerprint": found}}
    )


def of(ledger: Ledger, version: Version, settings_uri: str) -> dict[str, str]:
    """The stages that the version, as it is now, has passed, with their reports."""
    stored: Mapping[str, Mapping[str, str]] = ledger.get(keys.proof_key(version.arn)) or {}
    now = _fingerprint(version, settings_uri)
    return {
        stage: stored[stage]["report_uri"]
        for stage in ("staging", "production")
        if stage in stored and stored[stage]["fingerprint"] == now
    }


def _fingerprint(version: Version, settings_uri: str) -> str:
    return f"{objects.etag(version.model_data_uri)} {objects.etag(settings_uri)}"
