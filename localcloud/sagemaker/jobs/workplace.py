"""What every kind of job does around its container: folder, role, log, clean-up, the reason of a
failure.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud.sagemaker.api import ApiError
from localcloud.sagemaker.jobs import images, roles
from localcloud.sagemaker.jobs.container import Container, Exit
from localcloud.sagemaker.jobs.logs import JobLog
from localcloud.sagemaker.jobs.objects import Access
from localcloud.sagemaker.jobs.runner import Running
from localcloud.sagemaker.service import Service

HOST = "algo-1"
MESSAGE_BYTES = 1024
Doc = dict[str, Any]


class JobFailedError(Exception):
    """The job ends as Failed; the text is its FailureReason."""


@dataclass(frozen=True)
class Workplace:
    """One job's container with the role that it acts as."""

    svc: Service
    running: Running
    container: Container
    log: JobLog
    s3: Access
    environment: Mapping[str, str]

    def write_json(self, path: str, document: Any) -> None:
        """Write a config file where the job expects it (a path under /opt/ml)."""
        file = self.container.host_path(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(self.container.localize(document)), encoding="utf-8")

    def make_folder(self, path: str) -> Path:
        """Make a folder under /opt/ml and say where it lies on this machine."""
        folder = self.container.host_path(path)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def run(
        self, command: list[str], environment: Mapping[str, str], timeout: float, cwd: str = "/"
    ) -> Exit:
        """Run the job's command and let its log be delivered meanwhile."""
        given = {**self.environment, **environment}
        outcome = self.container.run(
            command, given, self.log.write, working_dir=cwd, timeout=timeout
        )
        self.log.end()
        return outcome

    def text(self, path: str) -> str:
        """What the job wrote into a file under /opt/ml, at most 1 KB; "" without one."""
        file = self.container.host_path(path)
        try:
            raw = file.read_bytes()[:MESSAGE_BYTES]
        except OSError:
            return ""
        return self.container.delocalize(raw.decode("utf-8", "replace")).strip()


@contextmanager
def workplace(
    svc: Service, running: Running, image: str, role_arn: str, log_group: str
) -> Iterator[Workplace]:
    """Make the folder of a job, and remove what a container would not outlive.

    Raises JobFailedError for an image that nothing here stands in for, or a role that cannot be
    assumed.
    """
    folder = svc.context.home / "jobs" / running.kind / running.name
    folder.mkdir(parents=True, exist_ok=True)
    try:
        container = Container(folder, images.interpreter(svc.context, image))
        environment = {
            **roles.credentials(svc.context, role_arn),
            "AWS_REGION": svc.context.region,
            "AWS_DEFAULT_REGION": svc.context.region,
            "AWS_ENDPOINT_URL": svc.context.endpoint_url,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        s3 = Access(svc.context, role_arn)
    except images.ImageNotStoodInError as error:
        raise JobFailedError(str(error)) from error
    except ApiError as error:
        raise JobFailedError(f"ClientError: {error.message}") from error
    stream = f"{running.name}/{HOST}-{int(svc.now())}"
    log = JobLog(svc.context.client("logs"), log_group, stream, folder / "output.log")
    container.ml.mkdir(exist_ok=True)
    running.enter(container)
    try:
        yield Workplace(svc, running, container, log, s3, environment)
    finally:
        log.close()
        if not os.environ.get("SLIPWAY_KEEP_JOBS"):
            for leftover in (container.ml, folder / "tmp", folder / "home", folder / "ml.opt"):
                shutil.rmtree(leftover, ignore_errors=True)


def algorithm_error(message: str, code: int) -> JobFailedError:
    """A command that failed, in SageMaker's wording."""
    return JobFailedError(f"AlgorithmError: {message}, exit code: {code}")
