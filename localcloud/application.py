"""Slipway itself, deployed in a local cloud: its outputs, its data and its model repository."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from localcloud.cloud import REPOSITORY, RunningCloud
from localcloud.deploy import Settings, deploy, outputs, settings
from localcloud.modelrepo import ModelRepository
from localcloud.product import release_link
from localcloud.slack.connecting import api_url

ROWS = 5000
SEED = 7
_NEW_CUSTOMERS_SEED = 11


class DataError(Exception):
    """The file to train on cannot be used; one line that says why."""


@dataclass(frozen=True)
class Application:
    """A deployed stack and what people do with it."""

    cloud: RunningCloud
    outputs: dict[str, str]
    model_folder: Path

    @property
    def repository(self) -> ModelRepository:
        """The work tree that is pushed from."""
        name = self.outputs["RepositoryName"]
        return ModelRepository(self.model_folder, self.cloud.git_remote(name))

    @property
    def release_page(self) -> str:
        """A link to the page of all releases, as the first approver would get it in a mail."""
        chosen = _settings()
        person = chosen.parameters["Approvers"].split(",")[0]
        return release_link(self.cloud, chosen.stack_name, self.outputs["ApiUrl"], person)

    @property
    def data_file(self) -> Path:
        """The table that was uploaded last."""
        return next((self.cloud.home / "data").iterdir())

    def push(self, message: str) -> str:
        """Commit `pipeline_def/` as it is now and push it; returns the commit."""
        return self.repository.push(REPOSITORY / "pipeline_def", message)

    def upload(self, table: Path) -> str:
        """Store the table to train on where the stack expects it; returns its address."""
        kept = self.cloud.home / "data"
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir()
        shutil.copyfile(table, kept / table.name)
        bucket, _, prefix = self.outputs["DataUri"].removeprefix("s3://").partition("/")
        key = f"{prefix}{table.stem}.csv"
        self.cloud.client("s3").upload_file(str(table), bucket, key)
        return f"s3://{bucket}/{key}"


def bring_up(
    cloud: RunningCloud, table: Path | None, model_folder: Path, **more: str
) -> Application:
    """Deploy `template.yaml` as samconfig's `local` environment says, and upload the table.

    `more` are parameters of the stack besides. Without `table` the seeded generator writes one.
    Raises DeployError or DataError.
    """
    chosen = _settings()
    _verify(cloud, chosen.parameters.get("SenderEmail", ""))
    parameters = {"SlackApiUrl": api_url(cloud), **chosen.parameters, **more}
    made = deploy(cloud, REPOSITORY / "template.yaml", chosen.stack_name, parameters)
    application = Application(cloud, made, model_folder)
    application.upload(table or generated_table(cloud.home / "generated", ROWS, SEED))
    return application


def deployed(cloud: RunningCloud, model_folder: Path) -> Application:
    """Return the application that was deployed in `cloud` before."""
    made = outputs(cloud.client("cloudformation"), _settings().stack_name)
    return Application(cloud, made, model_folder)


def _verify(cloud: RunningCloud, sender: str) -> None:
    """Own the address that mail is sent from, as somebody has to once in an AWS account."""
    if sender:
        cloud.client("sesv2").create_email_identity(EmailIdentity=sender)


def _settings() -> Settings:
    return settings(REPOSITORY / "samconfig.toml")


def generated_table(folder: Path, rows: int, seed: int) -> Path:
    """Write telecom customers in AWS's layout, always the same for the same seed."""
    from pipeline_def.datasets import telecom

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "telecom.csv"
    telecom.write(path, rows, seed)
    return path


def checked_table(path: Path) -> Path:
    """Return `path` if it is a file; what is in it is the pipeline's business to judge."""
    if not path.is_file():
        raise DataError(f"DATA={path} is not a file")
    return path


def customers(application: Application, count: int = 5) -> list[dict[str, str]]:
    """Return customers to ask production about, as {column: value} without the label.

    From the generator they are ones that no training has seen; of a user's own file, its last rows.
    """
    table = _table_settings()
    delimiter = table.get("delimiter", ",")
    label = next(name for name, role in table["columns"].items() if role == "label")
    path = application.data_file
    if path.name == "telecom.csv":
        path = generated_table(application.cloud.home / "new", count, _NEW_CUSTOMERS_SEED)
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file, delimiter=delimiter))
    return [{k: v for k, v in row.items() if k and k != label} for row in rows[-count:]]


def predict(application: Application, rows: Sequence[dict[str, str]]) -> list[float]:
    """Ask the production endpoint for the scores of `rows` through SageMaker's own runtime API."""
    answer = application.cloud.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=application.outputs["ProductionEndpointName"],
        ContentType="application/json",
        Accept="application/json",
        Body=json.dumps({"instances": list(rows)}).encode(),
    )
    return [float(one["score"]) for one in json.loads(answer["Body"].read())["predictions"]]


def _table_settings() -> dict[str, Any]:
    parameters = yaml.safe_load((REPOSITORY / "pipeline_def/churn/parameters.yaml").read_text())
    table: dict[str, Any] = parameters["table"]
    return table
