"""What was sent to an endpoint and what came back, and the outcome of a check of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.golden import Golden


@dataclass(frozen=True)
class Answer:
    """One answer: HTTP status of the model (or of SageMaker), body, milliseconds; what was asked.

    Status 0: the connection was closed and nothing came back.
    """

    status: int
    body: str
    milliseconds: float
    request: str = ""


@dataclass(frozen=True)
class Probe:
    """A request that must be refused, and the answer to it.

    `may_hang_up`: SageMaker's front may close the connection while a body that it will not take is
    still being sent, instead of saying 413 at its end; that too is a refusal.
    """

    name: str
    request: str
    answer: Answer
    may_hang_up: bool = False

    @property
    def is_refused(self) -> bool:
        """Whether the answer is a refusal."""
        hung_up = self.may_hang_up and self.answer.status == 0
        return hung_up or 400 <= self.answer.status < 500


@dataclass(frozen=True)
class Observed:
    """Everything that was seen of an endpoint. Digests are hex SHA-256, or None if unknown.

    `served_image` is what SageMaker resolved the image to (`…@sha256:…`), `registered_image` the
    digest that the registry has of it.
    """

    golden: Golden
    scored: Sequence[Answer]
    repeated: Sequence[Answer]
    single: Sequence[Answer]
    probes: Sequence[Probe]
    alive_after: Answer
    artifact_sha256: str | None
    registered_sha256: str | None
    concurrency: int
    staging_scores: Sequence[float] | None = None
    variants: Sequence[Mapping[str, Any]] | None = None
    served_image: str | None = None
    registered_image: str | None = None


@dataclass(frozen=True)
class Check:
    """The outcome of one check; `detail` is one sentence for a person."""

    name: str
    passed: bool
    detail: str
    numbers: Mapping[str, float] = field(default_factory=dict)
    request: str | None = None
    response: str | None = None


def scores_of(answers: Sequence[Answer]) -> list[float] | None:
    """The scores in CSV answers, one a line; None where an answer is not that."""
    found: list[float] = []
    for answer in answers:
        if answer.status != 200:
            return None
        try:
            found += [float(line) for line in answer.body.replace(",", "\n").split()]
        except ValueError:
            return None
    return found
