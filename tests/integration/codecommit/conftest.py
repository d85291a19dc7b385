"""A base with CodeCommit, a queue that hears its events, and a person's git."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.repairs.base_process import BaseProcess
from tests.support.waiting import wait_until

_numbers = itertools.count()


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BaseProcess]:
    process = BaseProcess(tmp_path_factory.mktemp("codecommit"), services=("codecommit",))
    yield process
    process.stop()


@pytest.fixture
def codecommit(base: BaseProcess) -> Any:
    return base.client("codecommit")


@pytest.fixture
def repository(codecommit: Any) -> str:
    """The name of a new, empty repository."""
    name = f"models-{next(_numbers)}"
    codecommit.create_repository(repositoryName=name, repositoryDescription="models")
    return name


class Git:
    """A person's clone of a repository, with no configuration of this machine."""

    def __init__(self, folder: Path, remote: str) -> None:
        self.folder = folder
        self.remote = remote

    def __call__(self, *arguments: str) -> str:
        person = {
            f"GIT_{role}_{key}": value
            for role in ("AUTHOR", "COMMITTER")
            for key, value in {"NAME": "Jo", "EMAIL": "jo@example.org"}.items()
        }
        environment = {
            **os.environ,
            **person,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_TERMINAL_PROMPT": "0",
            "NO_PROXY": "127.0.0.1",
        }
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, capture_output=True, text=True, env=environment
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit(self, files: dict[str, str], message: str = "change") -> str:
        """Write files, commit all and return the commit's id."""
        for path, text in files.items():
            target = self.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        self("add", "-A")
        self("commit", "-q", "-m", message)
        return self("rev-parse", "HEAD")


@pytest.fixture
def git(base: BaseProcess, repository: str, tmp_path: Path) -> Git:
    folder = tmp_path / "work"
    folder.mkdir()
    work = Git(folder, f"{base.endpoint_url}/v1/repos/{repository}")
    work("init", "-q", "-b", "main")
    work("remote", "add", "origin", work.remote)
    return work


@pytest.fixture
def heard(base: BaseProcess, repository: str) -> Callable[[int], list[dict[str, Any]]]:
    """Return a function that waits for a number of the repository's events."""
    sqs, events = base.client("sqs"), base.client("events")
    queue = sqs.create_queue(QueueName=f"events-{repository}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    pattern = {
        "source": ["aws.codecommit"],
        "detail-type": ["CodeCommit Repository State Change"],
        "resources": [{"suffix": f":{repository}"}],
    }
    events.put_rule(Name=f"hear-{repository}", EventPattern=json.dumps(pattern))
    events.put_targets(
        Rule=f"hear-{repository}",
        Targets=[{"Id": "queue", "Arn": arn["Attributes"]["QueueArn"]}],
    )
    found: list[dict[str, Any]] = []

    def wait_for(count: int) -> list[dict[str, Any]]:
        def received() -> bool:
            answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
            for message in answer.get("Messages", []):
                found.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            return len(found) >= count

        wait_until(received, 10)
        return found

    return wait_for
