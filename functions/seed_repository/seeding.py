"""What becomes of a request of CloudFormation: only a creation commits, and only once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adapters import seed
from domain import seeding


@dataclass(frozen=True)
class Settings:
    """What the template sets."""

    branch: str
    repository_name: str
    seed_folder: str


def outcome(event: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """Do what is asked; CloudFormation's answer, which says what mends it when it went wrong.

    Every exception becomes an answer: CloudFormation would wait for one until its timeout.
    """
    name = settings.repository_name
    try:
        said = _create(settings) if event["RequestType"] == "Create" else "Left as it is"
    except Exception as error:
        return seeding.answer(event, name, seeding.refusal(name, error), failed=True)
    return seeding.answer(event, name, said)


def _create(settings: Settings) -> str:
    if seed.has_branches(settings.repository_name):
        return "The repository has commits already"
    files = seeding.first_commit(seed.files(settings.seed_folder))
    commit = seed.commit(settings.repository_name, settings.branch, files)
    return f"Commit {commit} has {len(files)} files"
