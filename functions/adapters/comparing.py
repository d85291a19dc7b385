"""How a version compares with the champion goes where the version goes: into the registry."""

from adapters import registry
from domain import comparison
from domain.evidence import Evidence, Report
from domain.release import Version


def record(version: Version, evidence: Evidence) -> None:
    """Write the comparison in `evidence` into a version's metadata, unless it is there."""
    whole = comparison.metadata(evidence.report or Report(), version.metadata)
    if whole != dict(version.metadata):
        registry.describe(version.arn, whole)
