"""What an endpoint's tests are held to, and which of them are run: `tests` of `stages.yaml`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.errors import InvalidSettingsError
from domain.stage_values import integer, mapping, record

# One thread and one connection of the function that tests.
MOST_CALLERS = 100

# That the bytes are those that were evaluated is what everything else rests on.
ALWAYS = ("artifact",)
SKIPPABLE = (
    "image", "errors", "schema", "parity", "segments", "refusals", "determinism", "latency",
)  # fmt: skip


@dataclass(frozen=True)
class Figures:
    """AUC drift (of RMSE: its share), p95 in ms, concurrent callers, single-row requests."""

    auc_tolerance: float = 0.005
    p95_ms: float = 500.0
    concurrency: int = 4
    requests: int = 200


@dataclass(frozen=True)
class Limits(Figures):
    """What a stage is held to, and the names of the tests that it does without."""

    skip: tuple[str, ...] = ()


def parse_limits(where: str, raw: Any) -> Limits:
    """A stage's `tests`. Raises `InvalidSettingsError` for a test that nobody knows."""
    spec: Mapping[str, Any] = mapping(where, raw)
    rest = {key: value for key, value in spec.items() if key != "skip"}
    figures = record(where, rest, Figures)
    integer(f"{where}.concurrency", figures.concurrency, 1, MOST_CALLERS)
    return Limits(**vars(figures), skip=_skipped(f"{where}.skip", spec.get("skip") or []))


def _skipped(where: str, names: Any) -> tuple[str, ...]:
    known = f"a list of {', '.join(SKIPPABLE)}"
    if not isinstance(names, list):
        raise InvalidSettingsError(f"stages.yaml: {where} is {names!r}; it is {known}")
    for name in names:
        if name in ALWAYS:
            raise InvalidSettingsError(f"stages.yaml: {where}: {name} cannot be skipped")
        if name not in SKIPPABLE:
            raise InvalidSettingsError(
                f"stages.yaml: {where} has the unknown test {name!r}; it is {known}"
            )
    return tuple(name for name in SKIPPABLE if name in names)
