"""Other tables through the same template: a regression, and that of docs/your-own-data.md."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from localcloud import cloud as clouds
from localcloud.cloud import REPOSITORY
from pipeline_def.datasets import abalone, subscribers
from tests.support.loop import Loop, ask, promotion_id, review_id
from tests.support.models import Models
from tests.support.stacks import deploy_stack


@contextmanager
def project(folder: Path, name: str, table: Path) -> Iterator[Loop]:
    """The stack of one project, with its table in the place of churn's."""
    parameters = {"ProjectName": name, "PipelineFolder": f"pipeline_def/{name}"}
    with clouds.start(folder / "cloud") as cloud:
        stack = deploy_stack(cloud, folder, parameters)
        bucket = stack.outputs["ArtifactBucketName"]
        s3 = cloud.client("s3")
        for listed in s3.list_objects_v2(Bucket=bucket, Prefix="data/")["Contents"]:
            s3.delete_object(Bucket=bucket, Key=listed["Key"])
        stack.application.upload(table)
        yield Loop(stack.application)


def released(loop: Loop, source: Path) -> str:
    """Push a folder, say yes twice; the version that production serves then."""
    version = loop.registered(loop.push(source, "The first model of this table"))
    loop.decide(review_id(version), "approve")
    release = loop.release(version)
    loop.decide(promotion_id(release), "approve")
    ended = loop.ended(release)
    assert ended.status == "SUCCEEDED", ended.cause
    assert loop.serves() == version
    return version


def answer(loop: Loop, body: str) -> float:
    """What production says of one raw row."""
    said = loop.cloud.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=loop.outputs["ProductionEndpointName"], ContentType="text/csv", Body=body
    )
    return float(said["Body"].read())


def test_a_regression_goes_to_production(tmp_path: Path) -> None:
    table = tmp_path / "shells.csv"
    abalone.write(table, rows=1200, seed=7)
    with project(tmp_path, "abalone", table) as loop:
        version = released(loop, REPOSITORY / "pipeline_def")
        _, page = ask("GET", loop.asked(review_id(version))[0])

        assert "RMSE" in page
        assert 5 < answer(loop, "M,0.455,0.365,0.095,0.514,0.2245,0.101,0.15") < 15


def test_a_table_of_ones_own_goes_to_production_by_its_settings_alone(
    tmp_path: Path, models: Models
) -> None:
    words = (REPOSITORY / "docs" / "your-own-data.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", words, re.DOTALL)
    folder = models.source / "subscribers"
    folder.mkdir()
    (folder / "parameters.yaml").write_text(next(text for text in blocks if "customerID" in text))
    for file in (
        "pipeline.json",
        "monitor.json",
        "rendered.json",
    ):  # the steps are those of every such project
        shutil.copyfile(models.source / "churn" / file, folder / file)
    models.render("subscribers")
    table = tmp_path / "subscribers.csv"
    subscribers.write(table, rows=2000, seed=7)
    row = next(line for line in table.read_text().splitlines()[1:] if line.count(",") == 20)
    with project(tmp_path, "subscribers", table) as loop:
        released(loop, models.source)

        assert 0 <= answer(loop, row.rpartition(",")[0]) <= 1
